/** `experiment compare A B`: what was different, and what came of it. */
import { type Difference, differencesOf } from "../core/config/difference.ts";
import { type Holes, holesText, noHoles } from "../core/record/holes.ts";
import { type LastValue, lastValues } from "../core/record/last-values.ts";
import { type FoundRun, readRun, resolveRun } from "../core/record/runs.ts";
import { configValue, jsonText, shortNumber } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { bold, sanitise, table } from "./terminal.ts";

interface Arguments {
  a: string;
  b: string;
  all: boolean;
  runs: string | undefined;
  json: boolean;
}

export async function compareCommand({ a, b, all, runs, json }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const pair = [readRun(resolveRun(root, a)), readRun(resolveRun(root, b))] as const;
  const comparison = await comparisonOf(...pair);
  console.log(json ? jsonText(comparison) : comparisonText(comparison, all ? undefined : headlineOf(pair)));
}

interface Side {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** Which rows are not there, one line. */
  readonly missing?: string;
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
  const holes = [noHoles(a.run), noHoles(b.run)] as const;
  const [left, right] = [await lastValues(a.dir, undefined, holes[0]), await lastValues(b.dir, undefined, holes[1])];
  const values = [...new Set([...left.keys(), ...right.keys()])].map((metric) => {
    const [x, y] = [left.get(metric), right.get(metric)];
    return {
      metric,
      ...(x && { a: x }),
      ...(y && { b: y }),
      ...(x && y && { difference: y.value - x.value }),
    };
  });
  return { a: sideOf(a, holes[0]), b: sideOf(b, holes[1]), config: differencesOf(a.run.config, b.run.config), values };
}

function sideOf({ run, state }: FoundRun, holes: Holes): Side {
  const missing = holesText(holes, run);
  return { id: run.id, name: run.name, state, ...(missing !== undefined && { missing }) };
}

/** Whether a metric is among those that its analyzer, or the trainer, puts first in either run. */
function headlineOf(pair: readonly FoundRun[]): (metric: string) => boolean {
  const keys = pair.flatMap(({ run }) => run.metrics.filter(({ headline }) => headline).map(({ key }) => key));
  const first = new Set(keys);
  return (metric) => first.size === 0 || first.has(metric.replace(/\/layer_\d+$/, ""));
}

function comparisonText({ a, b, config, values: all }: Comparison, isFirst?: (metric: string) => boolean): string {
  const values = all.filter(({ metric }) => isFirst === undefined || isFirst(metric));
  const hidden = all.length - values.length;
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
    ...[a, b].flatMap(({ missing }, i) => (missing === undefined ? [] : [`${"AB"[i]}: ${missing}`])),
    settings.length > 0 ? table([["config", "A", "B"].map(bold), ...settings]) : "The configs are equal.",
    numbers.length > 0 ? table([head, ...numbers], { align: "right" }) : "Neither run has values yet.",
    ...(hidden > 0 ? [`${hidden} more values with --all`] : []),
  ].join("\n\n");
}

/** One step where both values are of the same, else both: a difference between different steps needs care. */
function stepsOf(a: LastValue | undefined, b: LastValue | undefined): string {
  if (a && b && a.step !== b.step) return `${a.step} / ${b.step}`;
  return String((a ?? b)?.step ?? "");
}
