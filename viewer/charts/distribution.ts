/** Distributions of an array metric's elements over steps: histograms, ranks, ridgelines. Records for Vega-Lite. */
import type { ArraySlice } from "../api.ts";
import { parseKey } from "./metric-key.ts";
import type { Fields } from "./records.ts";

type Spec = Record<string, unknown>;

export interface Binning {
  readonly low: number;
  readonly high: number;
  /** Values are binned by their logarithm: all are positive or zero, and they span far. */
  readonly log: boolean;
}

const bins = 36;
/** Ridges that can be told apart in one picture. */
const mostRidges = 14;
const spansFar = 100;

/** One binning for all steps, so that they can be compared. */
export function binningOf(slices: readonly ArraySlice[]): Binning | undefined {
  let [low, high, least] = [Infinity, -Infinity, Infinity];
  for (const { data } of slices)
    for (const value of data) {
      if (typeof value !== "number") continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      if (value > 0) least = Math.min(least, value);
    }
  if (!(low <= high)) return undefined;
  const log = low >= 0 && high > 0 && high / least > spansFar;
  return log
    ? { low: Math.log10(least), high: Math.log10(high), log }
    : { low, high: low === high ? low + 1 : high, log };
}

/** Shares of elements by bin; zeros of a logarithmic binning are counted apart. */
export function histogram(
  data: ArraySlice["data"],
  { low, high, log }: Binning,
): { readonly shares: readonly number[]; readonly zero: number } {
  const counts = new Array<number>(bins).fill(0);
  let [zero, all] = [0, 0];
  for (const value of data) {
    if (typeof value !== "number") continue;
    all++;
    if (log && value <= 0) zero++;
    else
      counts[
        Math.min(
          bins - 1,
          Math.max(0, Math.floor((((log ? Math.log10(value) : value) - low) / (high - low || 1)) * bins)),
        )
      ]!++;
  }
  return { shares: counts.map((count) => count / Math.max(1, all)), zero: zero / Math.max(1, all) };
}

function centre(bin: number, { low, high }: Binning): number {
  return low + ((bin + 0.5) * (high - low)) / bins;
}

const layered = { field: "layer", type: "ordinal", columns: 4, title: "layer" };

/** The distribution at one step, a panel a layer. */
export function histogramPlot(
  slices: readonly ArraySlice[],
  binning: Binning,
  title: string,
): { spec: Spec; records: Fields[] } {
  const records = slices.flatMap(({ key, data }) => {
    const { shares } = histogram(data, binning);
    const { layer } = parseKey(key);
    return shares.map((share, bin) => ({ layer, share, value: centre(bin, binning) }));
  });
  const x = {
    field: "value",
    type: "quantitative",
    title: binning.log ? `log10 ${title}` : title,
    axis: { tickCount: 5 },
  };
  const y = { field: "share", type: "quantitative", title: "share of elements", axis: { format: "~%" } };
  return {
    spec: facetted(records, {
      mark: { type: "area", interpolate: "step", opacity: 0.6, line: true },
      encoding: { x, y },
    }),
    records,
  };
}

/** Elements from the largest to the smallest at one step, a line a layer. */
export function rankPlot(slices: readonly ArraySlice[], title: string): { spec: Spec; records: Fields[] } {
  const records = slices.flatMap(({ key, data }) => {
    const { layer } = parseKey(key);
    const falling = data.filter((value): value is number => typeof value === "number").sort((a, b) => b - a);
    const every = Math.max(1, Math.ceil(falling.length / 300));
    return falling.flatMap((value, i) =>
      i % every === 0 || i === falling.length - 1 ? [{ layer, rank: i + 1, value }] : [],
    );
  });
  const encoding = {
    x: { field: "rank", type: "quantitative", title: "rank" },
    y: { field: "value", type: "quantitative", title },
    color: { field: "layer", type: "ordinal", title: "layer" },
  };
  return { spec: { mark: "line", encoding }, records };
}

/** The distribution at steps all over the run, one above the other, a panel a layer; the newest in front. */
export function ridgePlot(
  all: readonly ArraySlice[],
  binning: Binning,
  title: string,
): { spec: Spec; records: Fields[] } {
  const steps = [...new Set(all.map(({ step }) => step))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(steps.length / mostRidges));
  const shown = steps.filter((_, i) => (steps.length - 1 - i) % every === 0);
  const found = all
    .filter(({ step }) => shown.includes(step))
    .map((one) => ({ ...one, shares: histogram(one.data, binning).shares }));
  const tallest = Math.max(...found.flatMap(({ shares }) => shares)) || 1;
  const records = found.flatMap(({ key, step, shares }) => {
    const { layer } = parseKey(key);
    const foot = -shown.indexOf(step);
    return shares.map((share, bin) => ({
      layer,
      step,
      share,
      foot,
      top: foot + (2.2 * share) / tallest,
      value: centre(bin, binning),
    }));
  });
  const labels = shown.map((step) => `'${step}'`).join(",");
  const y = {
    field: "foot",
    type: "quantitative",
    title: "step",
    axis: { values: shown.map((_, i) => 0 - i), labelExpr: `[${labels}][-datum.value]`, grid: false },
  };
  const encoding = {
    x: {
      field: "value",
      type: "quantitative",
      title: binning.log ? `log10 ${title}` : title,
      axis: { tickCount: 5, grid: false },
    },
    y,
    y2: { field: "top" },
    detail: { field: "step" },
    order: { field: "foot", sort: "descending" },
  };
  return {
    spec: facetted(records, {
      mark: { type: "area", opacity: 0.75, line: { strokeWidth: 1 }, interpolate: "monotone" },
      encoding,
    }),
    records,
  };
}

function facetted(records: readonly Fields[], spec: Spec): Spec {
  return new Set(records.map(({ layer }) => layer)).size > 1 ? { facet: layered, spec } : spec;
}
