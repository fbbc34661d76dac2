/** First against last layer across runs that differ in nothing but their seed, or that observed models which do. */
import { differencesOf } from "../core/config/difference.ts";
import type { RunFile } from "../core/record/format.ts";
import { firingMeaning } from "../core/record/observed.ts";
import { readRows } from "../core/record/reader.ts";
import { readRun } from "../core/record/runs.ts";
import { onScale, type Scale, type StatisticName, scaleOf, statisticNames } from "../statistics/contrast.ts";
import type { Estimate } from "../statistics/jackknife.ts";
import { mean } from "../statistics/moments.ts";
import { acrossSeeds, pagesL, signFlip, signFlipTogether, spearmanWithOrder } from "../statistics/seeds.ts";
import { contrastRunsDiffer, noContrastRows, seedsRepeat, tooManySeeds } from "./errors.ts";

/** Fewest seeds with which an exact sign-flip p can fall below 0.05: 2 / 2^6 = 0.031. */
export const fewestSeeds = 6;
/** Most seeds whose signs are all tried: a second or two. */
export const mostSeeds = 20;

/** One statistic across seeds. */
export interface StatisticContrast {
  readonly statistic: StatisticName;
  /** Mean over seeds of each layer's value. */
  readonly layers: readonly number[];
  readonly scale: Scale;
  /** Last minus first layer on that scale: mean over seeds with its t interval. */
  readonly delta: Estimate;
  /** Exact two-sided sign-flip p of delta, by itself and corrected for all statistics being tested (maxT). */
  readonly p: number;
  readonly corrected: number;
  /** Page's test for a trend over all layers, normal approximation, and Spearman's rho with depth, mean over seeds. */
  readonly pageZ: number;
  readonly pageP: number;
  readonly spearman: number;
  /** What may be said at 5 % for any false claim among all: nothing with fewer than six seeds. */
  readonly claim: "last higher" | "first higher" | "none" | "too few seeds";
}

/** What `experiment contrast` prints. */
export interface ContrastReport {
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** Rows at the end of each run that were averaged. */
  readonly rows: number;
  readonly statistics: readonly StatisticContrast[];
  /** What "fires" means, where that is not above zero behind a ReLU. */
  readonly meaning?: string;
}

/** Reads the last `rows` analysed rows of each run. Throws `usage` when the runs differ in more than their seed. */
export async function contrastRuns(dirs: readonly string[], rows: number): Promise<ContrastReport> {
  const runs = dirs.map((dir) => readRun(dir).run);
  checkSame(runs);
  if (runs.length > mostSeeds) throw tooManySeeds(runs.length, mostSeeds);
  const bySeed: Record<StatisticName, number[]>[] = [];
  for (const [k, dir] of dirs.entries()) bySeed.push(await meansOfLastRows(dir, runs[k]!, rows));
  const meaning = firingMeaning(runs[0]?.observed);
  return {
    ...(meaning !== undefined && { meaning }),
    runs: runs.map(({ id }) => id),
    seeds: runs.map(({ seed }) => seed),
    rows,
    statistics: contrastSeeds(bySeed),
  };
}

/** All statistics from each seed's values by layer; claims are corrected for their number. */
export function contrastSeeds(
  bySeed: readonly Readonly<Record<StatisticName, readonly number[]>>[],
): StatisticContrast[] {
  const deltas = bySeed.map((values) =>
    statisticNames.map((name) => onScale(name, values[name].at(-1)!) - onScale(name, values[name][0]!)),
  );
  const together = signFlipTogether(deltas);
  const enough = bySeed.length >= fewestSeeds;
  return statisticNames.map((name, j): StatisticContrast => {
    const own = deltas.map((seed) => seed[j]!);
    const byLayer = bySeed.map((values) => values[name]);
    const delta = acrossSeeds(own);
    const corrected = together[j]!;
    const page = pagesL(byLayer);
    const claim = !enough
      ? "too few seeds"
      : !(corrected < 0.05)
        ? "none"
        : delta.value > 0
          ? "last higher"
          : "first higher";
    const layers = byLayer[0]!.map((_, layer) => mean(byLayer.map((values) => values[layer]!)));
    const spearman = mean(byLayer.map(spearmanWithOrder));
    const tests = { p: signFlip(own), corrected, pageZ: page.z, pageP: page.p, spearman };
    return { statistic: name, scale: scaleOf(name), layers, delta, ...tests, claim };
  });
}

/**
 * Which repetition of its kind a run is: its seed. Of models that were trained elsewhere, which are all read with one seed's text, also
 * where they come from.
 */
export function replicateOf({ seed, observed, config }: RunFile): number | string {
  return observed === undefined ? seed : `seed ${seed} of ${JSON.stringify((config.observe as Observe).paths)}`;
}

type Observe = { readonly paths: readonly unknown[] };

function checkSame(runs: readonly RunFile[]): void {
  const [first] = runs;
  const comparable = ({ config }: RunFile) => {
    const { seed, name, runs, sinks, engine, observe, ...rest } = config;
    const { paths, ...looks } = (observe ?? {}) as Record<string, unknown>;
    return { ...rest, observe: looks };
  };
  for (const run of runs.slice(1)) {
    const differences = differencesOf(comparable(first!), comparable(run));
    if (differences.length > 0)
      throw contrastRunsDiffer(
        first!.id,
        run.id,
        differences.map(({ keyPath }) => keyPath),
      );
  }
  const drawn = runs.map(replicateOf).map((one) => (typeof one === "number" ? `seed ${one}` : one));
  const twice = drawn.find((one, i) => drawn.indexOf(one) !== i);
  if (twice !== undefined) throw seedsRepeat(twice);
}

async function meansOfLastRows(dir: string, run: RunFile, count: number): Promise<Record<StatisticName, number[]>> {
  const { rows } = await readRows(dir);
  const key = (name: StatisticName, layer: number) => `layer_contrast/${name}/layer_${layer}`;
  const analysed = rows.filter(({ metrics }) => key("use_token", 0) in metrics).slice(-count);
  if (analysed.length === 0) throw noContrastRows(run.id);
  const values = statisticNames.map((name) => {
    const layers = Array.from({ length: run.model.n_layers }, (_, layer) =>
      mean(analysed.map(({ metrics }) => metrics[key(name, layer)] ?? Number.NaN)),
    );
    return [name, layers] as const;
  });
  return Object.fromEntries(values) as Record<StatisticName, number[]>;
}
