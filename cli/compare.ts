/** `experiment compare A B`: what was different, and what came of it. */
import type { CommandModule } from "yargs";
import type { Difference } from "../core/config/difference.ts";
import type { LastValue } from "../core/record/last-values.ts";
import type { FoundRun } from "../core/record/runs.ts";

interface Arguments {
  a: string;
  b: string;
  runs: string | undefined;
  json: boolean;
}

export const compareCommand: CommandModule<object, Arguments> = {
  command: "compare <a> <b>",
  describe: "Compare two runs: config and last values.",
  builder: (yargs) =>
    yargs
      .positional("a", { type: "string", demandOption: true, describe: "Id, name, path, or `latest`." })
      .positional("b", { type: "string", demandOption: true, describe: "The other run." })
      .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
      .option("json", { type: "boolean", default: false, describe: "Print JSON." }) as never,
  handler: async ({ a, b, runs, json }) => {
    const { runsFolder } = await import("./runs-folder.ts");
    const { readRun, resolveRun } = await import("../core/record/runs.ts");
    const { jsonText } = await import("./numbers.ts");
    const root = await runsFolder(runs);
    const pair = [readRun(resolveRun(root, a)), readRun(resolveRun(root, b))] as const;
    const comparison = await comparisonOf(...pair);
    console.log(json ? jsonText(comparison) : await comparisonText(comparison));
  },
};

interface Side {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

interface Comparison {
  readonly a: Side;
  readonly b: Side;
  /** Keys of the config whose values differ. */
  readonly config: readonly Difference[];
  /** Every metric that either run has; the difference is b - a. */
  readonly values: readonly {
    readonly metric: string;
    readonly a?: LastValue;
    readonly b?: LastValue;
    readonly difference?: number;
  }[];
}

async function comparisonOf(a: FoundRun, b: FoundRun): Promise<Comparison> {
  const { differencesOf } = await import("../core/config/difference.ts");
  const { lastValues } = await import("../core/record/last-values.ts");
  const [left, right] = [await lastValues(a.dir), await lastValues(b.dir)];
  const values = [...new Set([...left.keys(), ...right.keys()])].map((metric) => {
    const [x, y] = [left.get(metric), right.get(metric)];
    return {
      metric,
      ...(x && { a: x }),
      ...(y && { b: y }),
      ...(x && y && { difference: y.value - x.value }),
    };
  });
  return { a: sideOf(a), b: sideOf(b), config: differencesOf(a.run.config, b.run.config), values };
}

function sideOf({ run, state }: FoundRun): Side {
  return { id: run.id, name: run.name, state };
}

async function comparisonText({ a, b, config, values }: Comparison): Promise<string> {
  const { bold, sanitise, table } = await import("./terminal.ts");
  const { configValue, shortNumber } = await import("./numbers.ts");
  const titleOf = ({ id, name, state }: Side) => `${sanitise(name === id ? id : `${name} (${id})`)}, ${state}`;
  const settings = config.map((one) => [sanitise(one.keyPath), configValue(one.a), configValue(one.b)]);
  const numbers = values.map((one) => [
    sanitise(one.metric, 60),
    shortNumber(one.a?.value),
    shortNumber(one.b?.value),
    shortNumber(one.difference),
    stepsOf(one.a, one.b),
  ]);
  const head = ["metric", "A", "B", "B - A", "step"].map(bold);
  return [
    `A: ${titleOf(a)}\nB: ${titleOf(b)}`,
    settings.length > 0 ? table([["config", "A", "B"].map(bold), ...settings]) : "The configs are equal.",
    numbers.length > 0 ? table([head, ...numbers], { align: "right" }) : "Neither run has values yet.",
  ].join("\n\n");
}

/** One step where both values are of the same, else both: a difference between different steps needs care. */
function stepsOf(a: LastValue | undefined, b: LastValue | undefined): string {
  if (a && b && a.step !== b.step) return `${a.step} / ${b.step}`;
  return String((a ?? b)?.step ?? "");
}
