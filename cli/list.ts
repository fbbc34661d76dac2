/** `experiment list`: the runs there are. */
import type { CommandModule } from "yargs";
import type { FoundRuns } from "../core/record/runs.ts";

interface Arguments {
  runs: string | undefined;
  json: boolean;
}

export const listCommand: CommandModule<object, Arguments> = {
  command: "list",
  aliases: ["ls"],
  describe: "List the runs, oldest first.",
  builder: (yargs) =>
    yargs
      .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
      .option("json", { type: "boolean", default: false, describe: "Print JSON." }) as never,
  handler: async ({ runs, json }) => {
    const { runsFolder } = await import("./runs-folder.ts");
    const { listRuns } = await import("../core/record/runs.ts");
    const root = await runsFolder(runs);
    const found = listRuns(root);
    const listed = await Promise.all(found.runs.map(listedRun));
    if (json) {
      const { jsonText } = await import("./numbers.ts");
      console.log(jsonText({ runs: listed, damaged: found.damaged }));
    } else {
      console.log(await listText(root, listed, found.damaged, Date.now()));
    }
  },
};

type ListedRun = Awaited<ReturnType<typeof listedRun>>;

async function listedRun({ dir, run, state }: FoundRuns["runs"][number]) {
  const { lastRow } = await import("../core/record/tail.ts");
  const last = await lastRow(dir).catch(() => undefined);
  const { id, name, steps, createdAt, engine } = run;
  return { id, name, state, step: last?.step ?? 0, steps, loss: last?.metrics["train/loss"], createdAt, engine, dir };
}

async function listText(
  root: string,
  runs: readonly ListedRun[],
  damaged: FoundRuns["damaged"],
  now: number,
): Promise<string> {
  const { basename } = await import("node:path");
  const { bold, sanitise, table } = await import("./terminal.ts");
  const { age, shortNumber } = await import("./numbers.ts");
  if (runs.length + damaged.length === 0) return `No runs in ${sanitise(root)} yet: \`experiment train\` makes one.`;
  const rows = runs.map(({ id, name, state, step, steps, loss, createdAt, engine }) => [
    sanitise(id),
    name === id ? "" : sanitise(name, 40),
    state,
    `${step}/${steps}`,
    shortNumber(loss),
    age(createdAt, now),
    sanitise(engine.name, 20),
  ]);
  const head = ["id", "name", "state", "steps", "loss", "age", "engine"].map(bold);
  const lines = damaged.map(({ dir, problem }) => `damaged: ${sanitise(basename(dir))}: ${sanitise(problem, 400)}`);
  return [table([head, ...rows]), ...lines].join("\n");
}
