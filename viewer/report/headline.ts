/** A run in a few numbers: where each metric ended, how certain that is, and what it means. */
import type { RunDetail, RunSeries } from "../api.ts";
import { families, familyOf } from "../charts/metric-key.ts";
import { plainLine } from "../charts/plain-line.ts";

/** One number of one run. */
export interface Estimate {
  readonly value: number;
  /** Standard error, where there is one. */
  readonly se?: number;
  /** An interval, where the analyzer reports one instead. */
  readonly interval?: readonly [number, number];
  /** What value and uncertainty are. */
  readonly basis: string;
}

/** One metric (and layer) over all runs of a report. */
export interface HeadlineRow {
  readonly key: string;
  /** By run; undefined where a run lacks it. */
  readonly estimates: readonly (Estimate | undefined)[];
  /** Against the first run, by run; the first has none. */
  readonly differences: readonly (Difference | undefined)[];
}

export interface Difference {
  readonly value: number;
  readonly se?: number;
}

const coreFamilies = ["train/loss", "eval/loss", "eval/bits_per_byte", "perf/tokens_per_second"];
const lastShare = 0.1;
const batches = 10;

/** The keys that a headline is made of, and those of their uncertainty. */
export function headlineKeys(detail: RunDetail): { keys: string[]; support: string[] } {
  const byFamily = families(detail.keys);
  const charted = detail.charts.flatMap((chart) =>
    plainLine(chart) && chart.only ? chart.only.map((metric) => `${chart.section}/${metric}`) : [],
  );
  const wanted = [...new Set([...coreFamilies, ...charted])];
  const keys = wanted.flatMap((family) => byFamily.get(family) ?? []);
  const support = keys.flatMap((key) => ["_se", "_mean", "_low", "_high"].map((ending) => withEnding(key, ending)));
  return { keys, support: support.filter((key) => detail.keys.includes(key)) };
}

/** The table. Each run's series must hold its headline keys and their support. */
export function headline(details: readonly RunDetail[], series: readonly RunSeries[]): HeadlineRow[] {
  const keys = [...new Set(details.flatMap((detail) => headlineKeys(detail).keys))];
  return keys.map((key) => {
    const estimates = series.map((one) => estimate(key, one));
    const [first] = estimates;
    const differences = estimates.map((one, i) => (i === 0 || !first || !one ? undefined : difference(one, first)));
    return { key, estimates, differences };
  });
}

/** What the metrics of a table mean: one entry for all layers. */
export function meanings(rows: readonly HeadlineRow[], details: readonly RunDetail[]): (readonly [string, string])[] {
  const described = new Map(
    details.flatMap(({ metrics }) => metrics.map(({ key, description }) => [key, description])),
  );
  const wanted = [...new Set(rows.map(({ key }) => familyOf(key)))];
  return wanted.map((family) => [family, described.get(family) ?? "not described"] as const);
}

function estimate(key: string, series: RunSeries): Estimate | undefined {
  const last = series.latest[key];
  if (!last) return undefined;
  const at = (ending: string) => {
    const found = series.latest[withEnding(key, ending)];
    return found && found.step === last.step ? found.value : undefined;
  };
  const [se, centre, low, high] = [at("_se"), at("_mean"), at("_low"), at("_high")];
  if (se !== undefined) return { value: last.value, se, basis: `step ${last.step}, standard error as reported` };
  if (low !== undefined && high !== undefined)
    return { value: centre ?? last.value, interval: [low, high], basis: `step ${last.step}, interval as reported` };
  return meanOfLast(key, series) ?? { value: last.value, basis: `step ${last.step}, one measurement` };
}

/**
 * The mean over the last tenth of the rows. Neighbouring steps are not independent, so that the standard error comes from
 * the means of ten stretches (batch means), not from single rows.
 */
function meanOfLast(key: string, series: RunSeries): Estimate | undefined {
  if (series.stride > 1) return undefined;
  const values = (series.values[key] ?? []).filter((value) => value !== null);
  const count = Math.floor((values.length * lastShare) / batches) * batches;
  if (count < 2 * batches) return undefined;
  const tail = values.slice(-count);
  const size = count / batches;
  const means = Array.from({ length: batches }, (_, b) => mean(tail.slice(b * size, (b + 1) * size)));
  const centre = mean(means);
  const variance = means.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (batches - 1);
  return { value: centre, se: Math.sqrt(variance / batches), basis: `mean of the last ${count} rows, batch means` };
}

function difference(one: Estimate, first: Estimate): Difference {
  const both = one.se !== undefined && first.se !== undefined;
  return { value: one.value - first.value, ...(both && { se: Math.hypot(one.se!, first.se!) }) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `token_sparsity/use_token/layer_0` with `_se`: `token_sparsity/use_token_se/layer_0`. */
function withEnding(key: string, ending: string): string {
  return key.replace(/(\/layer_\d+)?$/, `${ending}$1`);
}
