/** What the explained deaths of one layer have in common, beside survivors as busy as they were; in sums, so that it can be saved. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { median } from "../../../statistics/moments.ts";
import { type DeathCause, meanParts } from "./attribution.ts";
import { dominantPart, driftParts, partGroups } from "./drift.ts";

/** Most largest steps that are remembered of either kind. */
const remembered = 5000;
const stepBins = 20;

/** Sums over deaths and controls. */
export interface Causes {
  /** Adds deaths that could be explained, and controls for them. */
  add(deaths: readonly DeathCause[], controls: readonly DeathCause[]): void;
  /** Shares, means and medians so far; NaN before the first death. */
  numbers(): Record<string, number>;
  arrays(): Record<string, NDArray>;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** None so far. Thresholds are averaged in bins of `every` steps, over the `reach` steps before the last firing. */
export function createCauses(reach: number, every: number): Causes {
  const width = driftParts.length;
  const bins = Math.ceil(reach / every) + 1;
  const sums = {
    /** Deaths and controls. */
    counts: new Float64Array(2),
    /** By group of parts: deaths, then controls. */
    dominant: new Float64Array(2 * partGroups.length),
    /** Parts of deaths, of controls over the same steps, of the dead afterwards. */
    drift: new Float64Array(3 * width),
    /** Jumps and gradual falls, of deaths and of controls. */
    kinds: new Float64Array(4),
    largest: new Float64Array(0),
    largestOfControls: new Float64Array(0),
    /** By bin: number, sum and sum of squares of thresholds; of deaths, then of controls. */
    thresholds: new Float64Array(6 * bins),
  };

  function addDrift(row: number, parts: readonly Float64Array[]): void {
    if (parts.length === 0) return;
    meanParts(parts).forEach((part, k) => {
      sums.drift[row * width + k]! += part * parts.length;
    });
  }

  function addThresholds(row: number, causes: readonly DeathCause[]): void {
    for (const { steps, theta } of causes.flatMap((cause) => cause.thresholds)) {
      const bin = Math.round(steps / every);
      if (bin >= bins) continue;
      [1, theta, theta * theta].forEach((term, k) => {
        sums.thresholds[(3 * row + k) * bins + bin]! += term;
      });
    }
  }

  const kindsOf = (causes: readonly DeathCause[], kind: string) =>
    causes.filter((cause) => cause.descent.kind === kind).length;
  const largestOf = (causes: readonly DeathCause[]) =>
    causes.map((cause) => cause.descent.largestShare).filter(Number.isFinite);

  return {
    add: (deaths, controls) => {
      if (deaths.length === 0 && controls.length === 0) return;
      const partsOf = (causes: readonly DeathCause[]) => causes.map(({ parts }) => parts);
      addDrift(0, partsOf(deaths));
      addDrift(1, partsOf(controls));
      addDrift(2, deaths.map(({ after }) => after)); // biome-ignore format: three rows alike
      sums.largest = Float64Array.of(...sums.largest, ...largestOf(deaths)).slice(-remembered);
      sums.largestOfControls = Float64Array.of(...sums.largestOfControls, ...largestOf(controls)).slice(-remembered);
      for (const [row, causes] of [deaths, controls].entries()) {
        sums.counts[row]! += causes.length;
        for (const { parts } of causes) {
          const group = dominantPart(parts);
          if (group !== undefined) sums.dominant[row * partGroups.length + partGroups.indexOf(group)]!++;
        }
        sums.kinds[2 * row]! += kindsOf(causes, "jump");
        sums.kinds[2 * row + 1]! += kindsOf(causes, "gradual");
        addThresholds(row, causes);
      }
    },
    numbers: () => {
      const [deaths, controls] = sums.counts as unknown as [number, number];
      const rowSum = (row: number) => driftParts.reduce((sum, _, k) => sum + sums.drift[row * width + k]!, 0);
      return {
        explained_deaths: deaths,
        ...Object.fromEntries(
          partGroups.flatMap((part, k) => [
            [`dominant_${part}`, sums.dominant[k]! / deaths],
            [`dominant_${part}_survivors`, sums.dominant[partGroups.length + k]! / controls],
          ]),
        ),
        excess_drift: rowSum(0) / deaths - rowSum(1) / controls,
        largest_step: median(sums.largest),
        largest_step_survivors: median(sums.largestOfControls),
        jump_share: sums.kinds[0]! / deaths,
        jump_share_survivors: sums.kinds[2]! / controls,
        gradual_share: sums.kinds[1]! / deaths,
        gradual_share_survivors: sums.kinds[3]! / controls,
      };
    },
    arrays: () => {
      const [deaths, controls] = sums.counts as unknown as [number, number];
      const drift = Float32Array.from(sums.drift, (sum, k) => sum / (Math.floor(k / width) === 1 ? controls : deaths));
      return {
        death_drift: { shape: [3, width], data: drift },
        largest_step_histogram: { shape: [2, stepBins], data: histograms(sums.largest, sums.largestOfControls) },
        threshold_course: { shape: [5, bins], data: thresholdCourse(sums.thresholds, bins, every) },
      };
    },
    save: () => Object.fromEntries(Object.entries(sums).map(([name, data]) => [name, { shape: [data.length], data }])),
    load: (state) => {
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
        sums[name] = Float64Array.from(state[name]?.data ?? sums[name]);
      }
    },
  };
}

/** Shares of all in equal bins of [0, 1], one row a list; a value of 1 is in the last bin. */
function histograms(...lists: readonly Float64Array[]): Float32Array {
  const rows = lists.map((values) => {
    const row = new Float32Array(stepBins);
    for (const value of values) row[Math.min(stepBins - 1, Math.floor(value * stepBins))]! += 1 / values.length;
    return row;
  });
  return Float32Array.from(rows.flatMap((row) => Array.from(row)));
}

/** Rows: steps before the last firing; mean and deviation of the dying; mean and deviation of controls. */
function thresholdCourse(sums: Float64Array, bins: number, every: number): Float32Array {
  const row = (make: (bin: number) => number) => Array.from({ length: bins }, (_, bin) => make(bin));
  const at = (k: number, bin: number) => sums[k * bins + bin]!;
  const mean = (who: number) => row((bin) => at(3 * who + 1, bin) / at(3 * who, bin));
  const deviation = (who: number) =>
    row((bin) => {
      const [n, sum, squares] = [at(3 * who, bin), at(3 * who + 1, bin), at(3 * who + 2, bin)];
      return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
    });
  return Float32Array.from([row((bin) => bin * every), mean(0), deviation(0), mean(1), deviation(1)].flat());
}
