/** What came of a sweep: metrics of its finished runs by groups of settings, with intervals over seeds. */
import { noSweepMetric, unknownSweepKey } from "../../core/errors/errors.ts";
import { latestValues } from "../../core/record/latest.ts";
import type { Estimate } from "../../statistics/jackknife.ts";
import { mean } from "../../statistics/moments.ts";
import { acrossSeeds } from "../../statistics/seeds.ts";
import { shortKey, valueText } from "./settings.ts";
import type { OpenSweep } from "./snapshot.ts";
import { type FoundState, statesOf } from "./states.ts";

export type { Estimate };

/** What to put in a table. */
export interface ResultsRequest {
  /** Keys that make a group; without any, every key of the plan but `seed`. */
  readonly by?: readonly string[];
  /** Metrics, whole or without their layer; a prefix stands for all layers. */
  readonly metrics: readonly string[];
  /** Which end of the first metric is best. */
  readonly best: "min" | "max";
}

/** Runs that share the values of the keys that groups are made by. */
export interface ResultGroup {
  /** Values of those keys, in their order. */
  readonly of: readonly unknown[];
  /** Seeds, each one value: the mean of its runs where a group mixes other keys. */
  readonly n: number;
  readonly runs: readonly string[];
  /** By metric: mean over seeds with its 95 % t interval (NaN with one seed). */
  readonly values: Readonly<Record<string, Estimate>>;
}

export interface Results {
  readonly sweep: string;
  readonly by: readonly string[];
  /** Full keys, layers one by one. */
  readonly metrics: readonly string[];
  /** Best first. */
  readonly groups: readonly ResultGroup[];
  /** What a reader must know: runs left out, keys that groups mix. */
  readonly notes: readonly string[];
}

/** Reads the last values of every finished run. Throws `usage` for a key that is not the plan's, or a metric that no run has. */
export function resultsOf(sweep: OpenSweep, { by, metrics: asked, best }: ResultsRequest): Results {
  const grouping = by ?? sweep.keys.filter((key) => key !== "seed");
  for (const key of grouping) if (!sweep.keys.includes(key)) throw unknownSweepKey(key, sweep.keys);
  const states = statesOf(sweep);
  const finished = states.filter(({ state }) => state === "finished");
  const values = new Map(finished.map((found) => [found.run.id, flat(latestValues(found.dir, asked))]));
  const metrics = metricsIn(values, asked);
  checkAsked(asked, metrics, finished);

  const grouped = new Map<string, FoundState[]>();
  for (const found of finished) {
    const key = JSON.stringify(grouping.map((one) => found.run.settings[one]));
    grouped.set(key, [...(grouped.get(key) ?? []), found]);
  }
  const groups = [...grouped].map(([key, members]) => groupOf(JSON.parse(key) as unknown[], members, values, metrics));
  const first = metrics[0];
  const rank = (group: ResultGroup) => (first === undefined ? 0 : (group.values[first]?.value ?? Number.NaN));
  const sign = best === "min" ? 1 : -1;
  groups.sort(
    (a, b) => Number(Number.isNaN(rank(a))) - Number(Number.isNaN(rank(b))) || sign * (rank(a) - rank(b)) || 0,
  );
  return { sweep: sweep.name, by: grouping, metrics, groups, notes: notesOn(sweep, grouping, states, groups) };
}

type Values = ReadonlyMap<string, Readonly<Record<string, number>>>;

function flat(found: ReadonlyMap<string, Readonly<Record<string, number>>>): Readonly<Record<string, number>> {
  return Object.assign({}, ...found.values()) as Record<string, number>;
}

function metricsIn(values: Values, asked: readonly string[]): string[] {
  const keys = new Set<string>();
  for (const own of values.values()) for (const key of Object.keys(own)) keys.add(key);
  return asked.flatMap((name) => [...keys].filter((key) => key === name || key.startsWith(`${name}/`)));
}

function checkAsked(asked: readonly string[], metrics: readonly string[], finished: readonly FoundState[]): void {
  const [first] = finished;
  if (first === undefined) return;
  for (const name of asked) {
    if (metrics.some((key) => key === name || key.startsWith(`${name}/`))) continue;
    const known = [...latestValues(first.dir, ["train", "eval"]).values()].flatMap(Object.keys);
    throw noSweepMetric(name, known);
  }
}

function groupOf(
  of: readonly unknown[],
  members: readonly FoundState[],
  values: Values,
  metrics: readonly string[],
): ResultGroup {
  const bySeed = new Map<string, FoundState[]>();
  for (const member of members) {
    const { seed = member.run.id } = member.run.settings;
    bySeed.set(String(seed), [...(bySeed.get(String(seed)) ?? []), member]);
  }
  const estimates = metrics.map((metric) => {
    const units = [...bySeed.values()].map((runs) =>
      mean(runs.map(({ run }) => values.get(run.id)?.[metric] ?? Number.NaN)),
    );
    return [metric, acrossSeeds(units)] as const;
  });
  return { of, n: bySeed.size, runs: members.map(({ run }) => run.id), values: Object.fromEntries(estimates) };
}

function notesOn(
  sweep: OpenSweep,
  by: readonly string[],
  states: readonly FoundState[],
  groups: readonly ResultGroup[],
): string[] {
  const notes: string[] = [];
  const rest = states.filter(({ state }) => state !== "finished").length;
  if (rest > 0) notes.push(`${rest} of ${states.length} runs have not finished and are left out.`);
  const mixed = sweep.keys.filter((key) => key !== "seed" && !by.includes(key));
  if (mixed.length > 0)
    notes.push(`Groups mix values of ${mixed.join(", ")}: each seed counts once, as the mean of its runs.`);
  const sizes = new Set(groups.map(({ n }) => n));
  if (sizes.size > 1) notes.push("Groups have different numbers of seeds.");
  if (groups.length > 0 && Math.max(...sizes) < 2) notes.push("One seed a group: no interval can be given.");
  return notes;
}

/** The table as CSV: one line a group; mean, low, high of each metric. */
export function resultsCsv({ by, metrics, groups }: Results): string {
  const head = [...by, "n", ...metrics.flatMap((metric) => [metric, `${metric} low`, `${metric} high`])];
  const lines = groups.map(({ of, n, values }) => {
    const numbers = metrics.flatMap((metric) => [values[metric]!.value, values[metric]!.low, values[metric]!.high]);
    return [...of.map(valueText), n, ...numbers.map((one) => (Number.isNaN(one) ? "" : one))];
  });
  return [head, ...lines].map((line) => line.map((cell) => csvCell(String(cell))).join(",")).join("\n");
}

/** Quoted where it must be; never a formula for a spreadsheet. */
function csvCell(text: string): string {
  const safe = /^[=+@\t]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Titles of the columns of a table for people: keys by their last segments where that leaves no doubt. */
export function columnTitles({ by, metrics }: Results): string[] {
  return [...by.map((key) => shortKey(key, by)), "n", ...metrics];
}
