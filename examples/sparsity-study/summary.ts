/** What the runs came to: every number that the page shows is read from them here. */

import type { StoredRow } from "../../core/record/format.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRunFile } from "../../core/record/run-file.ts";
import { verdictOf } from "../../plugins/analyzers/layer-contrast/inversion.ts";
import { builtIns } from "../../plugins/index.ts";
import { mean } from "../../statistics/moments.ts";
import { type ContrastReport, contrastRuns } from "../../studies/contrast.ts";
import { type OverlapReport, overlapOf } from "../../studies/overlap.ts";
import { type PruneReport, pruneRun } from "../../studies/prune.ts";
import { centre, type FormName, forms, initScales, learningRates, nameOf, seeds } from "./plan.ts";
import { forkNames, type RunDirs } from "./train-all.ts";

/** Analysed rows at the end of a run that are averaged. */
const lastRows = 5;

/** One metric of every layer. */
export type Layers = readonly number[];

/** A cell of the grid at its end. */
export interface Cell {
  readonly name: string;
  readonly lr: number;
  readonly initScale: number;
  readonly evalLoss: number;
  readonly useToken: Layers;
  readonly useBatch: Layers;
  /** Silent too long to be a pause, and not for the layer's horizon. */
  readonly dormant: Layers;
  /** Silent for the layer's horizon; 0 where there is none. */
  readonly dead: Layers;
  /** Tokens; NaN where none was reached. */
  readonly horizons: Layers;
}

/** What became of the units of the centre's runs, by layer: means over seeds. */
export interface Lives {
  readonly dormant: Layers;
  readonly dead: Layers;
  /** Seeds in which the layer has dead units or a horizon at the end. */
  readonly withHorizon: Layers;
}

/** How deaths came about in all runs of the centre together. */
export interface Deaths {
  readonly deaths: number;
  readonly explained: number;
  readonly revivedShare: number;
  readonly largestStep: number;
  readonly largestStepSurvivors: number;
  readonly jumpShare: number;
  readonly gradualShare: number;
  readonly gradualShareSurvivors: number;
  readonly dominant: Readonly<Record<string, number>>;
  readonly dominantSurvivors: Readonly<Record<string, number>>;
  readonly excessDrift: number;
  /** Of random walks. */
  readonly excessDriftNull: number;
  readonly residual: number;
  readonly rounding: number;
  readonly gradientBeforeDeath: number;
  readonly starvedDeaths: number;
}

/** A metric over training, mean over seeds, one number a layer. */
export interface Course {
  readonly tokens: readonly number[];
  readonly layers: readonly Layers[];
}

export interface Summary {
  readonly form: FormName;
  /** What the runs were trained by, as run.json has it. */
  readonly device: string;
  readonly cells: readonly Cell[];
  readonly contrast: ContrastReport;
  readonly verdicts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly lives: Lives;
  readonly deaths: Deaths;
  readonly overlap: OverlapReport;
  readonly prune: PruneReport;
  readonly useTokenCourse: Course;
  readonly useBatchCourse: Course;
}

/** Reads all runs. */
export async function summarise(runs: RunDirs, form: FormName): Promise<Summary> {
  const dirOf = (name: string) => runs.get(name) ?? fail(`run ${name} is missing`);
  const rowsOf = new Map<string, readonly StoredRow[]>();
  for (const [name, dir] of runs) rowsOf.set(name, (await readRows(dir)).rows);
  const grid = learningRates.flatMap((lr) => initScales.map((initScale) => ({ lr, initScale })));
  const centres = seeds.map((seed) => nameOf(centre.lr, centre.initScale, seed));
  const centreRows = centres.map((name) => rowsOf.get(name)!);
  return {
    form,
    device: readRunFile(dirOf(centres[0]!)).engine.device,
    cells: grid.map(({ lr, initScale }) => cellOf(lr, initScale, rowsOf.get(nameOf(lr, initScale, seeds[0]))!)),
    contrast: await contrastRuns(centres.map(dirOf), lastRows),
    verdicts: verdictsOf(centreRows),
    lives: livesOf(centreRows),
    deaths: deathsOf(centreRows),
    overlap: await overlapOf(forkNames(forms[form]).map(dirOf), 65_536, builtIns),
    prune: await pruneRun({ dir: dirOf(centres[0]!), tokens: 65_536, shares: [0.1, 0.3, 0.5, 0.7, 0.9] }, builtIns),
    useTokenCourse: courseOf(centreRows, "token_sparsity/use_token"),
    useBatchCourse: courseOf(centreRows, "batch_union_sparsity/use_batch"),
  };
}

/** A cell of the grid, from its run's rows. */
export function cellOf(lr: number, initScale: number, rows: readonly StoredRow[]): Cell {
  const layers = (metric: string) => atEnd(rows, metric);
  return {
    name: nameOf(lr, initScale, seeds[0]),
    lr,
    initScale,
    evalLoss: rows.at(-1)!.metrics["eval/loss"]!,
    useToken: layers("token_sparsity/use_token"),
    useBatch: layers("batch_union_sparsity/use_batch"),
    dormant: layers("neuron_death/dormant"),
    dead: layers("neuron_death/dead"),
    horizons: layers("neuron_death/horizon_tokens"),
  };
}

/** What became of the units of several runs. */
export function livesOf(seedRows: readonly (readonly StoredRow[])[]): Lives {
  const each = (metric: string) => seedRows.map((rows) => atEnd(rows, `neuron_death/${metric}`));
  const byLayer = (metric: string) => transposed(each(metric)).map(mean);
  const [dead, horizons] = [transposed(each("dead")), transposed(each("horizon_tokens"))];
  return {
    dormant: byLayer("dormant"),
    dead: byLayer("dead"),
    withHorizon: dead.map((ofSeeds, l) => ofSeeds.filter((share, k) => share > 0 || horizons[l]![k]! > 0).length),
  };
}

function transposed(rows: readonly Layers[]): number[][] {
  return rows[0]!.map((_, l) => rows.map((row) => row[l]!));
}

/** Each layer's mean over the last rows that have the metric; a state of units is taken from the last window alone. */
function atEnd(rows: readonly StoredRow[], metric: string): Layers {
  const having = rows.filter(({ metrics }) => `${metric}/layer_0` in metrics);
  const taken = having.slice(metric.startsWith("neuron_death/") ? -1 : -lastRows);
  return layerKeys(having[0]!, metric).map((key) => mean(taken.map(({ metrics }) => metrics[key]!)));
}

function layerKeys(row: StoredRow, metric: string): string[] {
  return Object.keys(row.metrics).filter((key) => key.startsWith(`${metric}/layer_`));
}

/** How many seeds ended with each verdict, by test. */
function verdictsOf(seedRows: readonly (readonly StoredRow[])[]): Summary["verdicts"] {
  const tests = ["inversion_cross_level", "inversion_pool", "trend_use_token", "trend_use_batch"];
  return Object.fromEntries(
    tests.map((test) => {
      const last = seedRows.map((rows) => rows.findLast(({ metrics }) => `layer_contrast/${test}` in metrics));
      const ends = last.map((row) => verdictOf(row?.metrics[`layer_contrast/${test}`] ?? Number.NaN));
      const named = [...new Set(ends)].map((name) => [name, ends.filter((end) => end === name).length] as const);
      return [test, Object.fromEntries(named)];
    }),
  );
}

function deathsOf(seedRows: readonly (readonly StoredRow[])[]): Deaths {
  const each = (metric: string) => seedRows.flatMap((rows) => atEnd(rows, `neuron_death/${metric}`));
  const deaths = each("deaths");
  const explained = each("explained_deaths");
  const weighted = (metric: string, weights: readonly number[]) => {
    const terms = each(metric).map((value, i) => [value, weights[i]!] as const);
    const known = terms.filter(([value]) => Number.isFinite(value));
    return known.reduce((sum, [value, w]) => sum + value * w, 0) / known.reduce((sum, [, w]) => sum + w, 0);
  };
  const largestOf = (metric: string) =>
    Math.max(
      ...seedRows.flatMap((rows) =>
        rows.flatMap(({ metrics }) =>
          Object.entries(metrics).flatMap(([key, value]) => (key.includes(`/${metric}/`) ? [value] : [])),
        ),
      ),
    );
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const parts = ["weights", "decay", "bias", "norm", "upstream"];
  return {
    deaths: total(deaths),
    explained: total(explained),
    revivedShare: weighted("revived_share", deaths),
    largestStep: weighted("largest_step", explained),
    largestStepSurvivors: weighted("largest_step_survivors", explained),
    dominant: Object.fromEntries(parts.map((part) => [part, weighted(`dominant_${part}`, explained)])),
    dominantSurvivors: Object.fromEntries(
      parts.map((part) => [part, weighted(`dominant_${part}_survivors`, explained)]),
    ),
    excessDrift: weighted("excess_drift", explained),
    excessDriftNull: weighted("excess_drift_null", explained),
    jumpShare: weighted("jump_share", explained),
    gradualShare: weighted("gradual_share", explained),
    gradualShareSurvivors: weighted("gradual_share_survivors", explained),
    residual: largestOf("drift_residual"),
    rounding: largestOf("drift_rounding"),
    gradientBeforeDeath: weighted("gradient_before_death", deaths),
    starvedDeaths: weighted("starved_deaths", deaths),
  };
}

function courseOf(seedRows: readonly (readonly StoredRow[])[], metric: string): Course {
  const having = seedRows.map((rows) => rows.filter(({ metrics }) => `${metric}/layer_0` in metrics));
  const [first] = having;
  return {
    tokens: first!.map(({ tokens }) => tokens),
    layers: layerKeys(first![0]!, metric).map((key) =>
      first!.map((_, i) => mean(having.map((rows) => rows[i]!.metrics[key]!))),
    ),
  };
}

function fail(problem: string): never {
  throw new Error(problem);
}
