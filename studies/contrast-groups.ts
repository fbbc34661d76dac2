/** Groups of runs by any keys of their configs: any metrics, over seeds, and how each group differs from the first, seed by seed. */
import { parseAssignment } from "../core/config/key-path.ts";
import { valueAt } from "../core/config/problems.ts";
import type { RunFile } from "../core/record/format.ts";
import { readRows } from "../core/record/reader.ts";
import { readRun } from "../core/record/runs.ts";
import type { Estimate } from "../statistics/jackknife.ts";
import { mean } from "../statistics/moments.ts";
import { acrossSeeds, signFlip, signFlipTogether } from "../statistics/seeds.ts";
import { fewestSeeds, mostSeeds, replicateOf } from "./contrast.ts";
import { metricNowhere, noSuchGroups, tooManySeeds } from "./errors.ts";

/** What to compare. */
export interface GroupsRequest {
  /** Keys of the config whose values make a group. */
  readonly by: readonly string[];
  /** Metrics, whole or without their layer, which then stands for all layers. */
  readonly metrics: readonly string[];
  /** Rows at the end of each run that are averaged: of those that have the metric. */
  readonly rows: number;
}

/** Runs that share the values of those keys. */
export interface ContrastGroup {
  /** Values of the keys, in their order. */
  readonly of: readonly unknown[];
  readonly runs: readonly string[];
  /** Each counts once: as the mean of its runs, where there are several. Of observed models with where they come from. */
  readonly seeds: readonly (number | string)[];
  /** By metric: mean over seeds with its 95 % t interval. */
  readonly values: Readonly<Record<string, Estimate>>;
}

/** A group less the first, seed by seed. */
export interface GroupDifference {
  readonly metric: string;
  /** Place of the group in `groups`, from 1. */
  readonly group: number;
  /** Mean over the seeds that all groups have, with its 95 % t interval. */
  readonly delta: Estimate;
  /** Exact two-sided sign-flip p, by itself and corrected for all metrics and groups compared here (maxT). */
  readonly p: number;
  readonly corrected: number;
  /** What may be said at 5 % for any false claim among all. */
  readonly claim: "higher" | "lower" | "none" | "too few seeds";
}

export interface GroupsReport {
  readonly by: readonly string[];
  readonly metrics: readonly string[];
  readonly rows: number;
  readonly groups: readonly ContrastGroup[];
  /** Seeds that all groups have: what differences are made of. */
  readonly common: readonly (number | string)[];
  readonly differences: readonly GroupDifference[];
}

interface Member {
  readonly run: RunFile;
  readonly values: Readonly<Record<string, number>>;
}

/** Reads the last rows of each run. Throws `usage` for keys that make no two groups, and for a metric that no run has. */
export async function contrastGroups(
  dirs: readonly string[],
  { by, metrics: asked, rows }: GroupsRequest,
): Promise<GroupsReport> {
  const paths = by.map((key) => parseAssignment(`${key}=`)?.path ?? [key]);
  const members = new Map<string, Member[]>();
  for (const dir of dirs) {
    const { run } = readRun(dir);
    const key = JSON.stringify(paths.map((path) => valueAt(run.config, path) ?? null));
    members.set(key, [...(members.get(key) ?? []), { run, values: await lastMeans(dir, asked, rows) }]);
  }
  if (members.size < 2) throw noSuchGroups(by, [...members.keys()]);
  const all = [...members.values()].flat();
  const keys = [...new Set(all.flatMap(({ values }) => Object.keys(values)))];
  const metrics = asked.flatMap((name) => {
    const own = keys.filter((key) => key === name || key.startsWith(`${name}/`));
    if (own.length === 0)
      throw metricNowhere(
        name,
        all[0]!.run.metrics.map((one) => one.key),
      );
    return own;
  });

  const groups = [...members].map(([key, own]) => ({
    of: JSON.parse(key) as unknown[],
    own,
    bySeed: seedsOf(own, metrics),
  }));
  const common = [...groups[0]!.bySeed.keys()].filter((seed) => groups.every(({ bySeed }) => bySeed.has(seed)));
  if (common.length > mostSeeds) throw tooManySeeds(common.length, mostSeeds);
  return {
    ...{ by, metrics, rows, common },
    groups: groups.map(({ of, own, bySeed }) => ({
      of,
      runs: own.map(({ run }) => run.id),
      seeds: [...bySeed.keys()],
      values: Object.fromEntries(
        metrics.map((metric, m) => [metric, acrossSeeds([...bySeed.values()].map((one) => one[m]!))]),
      ),
    })),
    differences: differencesOf(
      groups.map(({ bySeed }) => common.map((seed) => bySeed.get(seed)!)),
      metrics,
    ),
  };
}

/** Each seed's values by metric, in their order. */
function seedsOf(members: readonly Member[], metrics: readonly string[]): Map<number | string, number[]> {
  const bySeed = new Map<number | string, Member[]>();
  for (const member of members) {
    const seed = replicateOf(member.run);
    bySeed.set(seed, [...(bySeed.get(seed) ?? []), member]);
  }
  return new Map(
    [...bySeed].map(([seed, own]) => [
      seed,
      metrics.map((metric) => mean(own.map(({ values }) => values[metric] ?? Number.NaN))),
    ]),
  );
}

/** `groups[g][k][m]`: metric m of the k-th common seed. */
function differencesOf(
  groups: readonly (readonly (readonly number[])[])[],
  metrics: readonly string[],
): GroupDifference[] {
  const pairs = groups.slice(1).flatMap((_, g) => metrics.map((metric, m) => ({ metric, m, group: g + 1 })));
  const seeds = groups[0]!.map((first, k) => pairs.map(({ m, group }) => groups[group]![k]![m]! - first[m]!));
  const together = seeds.length > 0 ? signFlipTogether(seeds) : pairs.map(() => Number.NaN);
  return pairs.map(({ metric, group }, j) => {
    const own = seeds.map((values) => values[j]!);
    const [delta, corrected] = [acrossSeeds(own), together[j]!];
    const found = corrected < 0.05 ? (delta.value > 0 ? "higher" : "lower") : "none";
    const claim = seeds.length < fewestSeeds ? "too few seeds" : found;
    return { metric, group, delta, p: own.length > 0 ? signFlip(own) : Number.NaN, corrected, claim };
  });
}

/** By key: the mean of the last rows that have it. */
async function lastMeans(
  dir: string,
  asked: readonly string[],
  count: number,
): Promise<Readonly<Record<string, number>>> {
  const { rows } = await readRows(dir);
  const lasts = asked.flatMap((name) => {
    const wanted = (key: string) => key === name || key.startsWith(`${name}/`);
    const having = rows.filter(({ metrics }) => Object.keys(metrics).some(wanted)).slice(-count);
    const keys = Object.keys(having.at(-1)?.metrics ?? {}).filter(wanted);
    return keys.map((key) => [key, mean(having.map(({ metrics }) => metrics[key] ?? Number.NaN))] as const);
  });
  return Object.fromEntries(lasts);
}
