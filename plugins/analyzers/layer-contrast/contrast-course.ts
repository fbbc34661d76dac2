/** The contrast over the last analyses: means with intervals over units and sequences. */
import type { Arrays } from "../../../core/arrays/ndarray.ts";
import { createGathering, meanOverTime } from "../../../statistics/gathered.ts";
import { type Estimate, interval } from "../../../statistics/jackknife.ts";
import { mean } from "../../../statistics/moments.ts";
import { unitGroups } from "../layer-statistics.ts";
import { type DeltaName, deltaNames, type Effects } from "./effects.ts";

/** Mean contrasts, and the sequences at which unions are compared, by index into `unionSizes`. */
export interface MeanContrasts {
  readonly deltas: Readonly<Record<DeltaName, Estimate>>;
  readonly unionSize: number;
  /** Cohen's h of use_batch. */
  readonly batchH: Estimate;
}

/** Takes one batch's effects after the other. */
export interface ContrastCourse {
  add(effects: Effects): void;
  /** Undefined until enough analyses are there. */
  means(): MeanContrasts | undefined;
  save(): Arrays;
  load(state: Arrays): void;
}

const plainNames = deltaNames.filter((name) => name !== "use_batch");

/** Nothing seen yet. */
export function createContrastCourse(): ContrastCourse {
  const gathering = createGathering();
  let unions = 0;
  return {
    add: (effects) => {
      unions = effects.unions.length;
      const all = [...plainNames.map((name) => effects.of[name]), ...effects.unions, effects.batchH];
      gathering.add(all.flatMap(({ value, unitVariance }) => [value, unitVariance]));
    },
    means: () => {
      const estimates = Array.from({ length: plainNames.length + unions + 1 }, (_, k) => {
        const values = gathering.series(2 * k);
        return values && overUnitsAndSequences(values, gathering.series(2 * k + 1)!);
      });
      if (unions === 0 || estimates[0] === undefined) return undefined;
      const unionSize = estimates.slice(plainNames.length, -1).findLastIndex((one) => Number.isFinite(one!.value));
      const named = plainNames.map((name, k) => [name, estimates[k]!] as const);
      const none = interval(Number.NaN, Number.NaN, 1);
      const use_batch = estimates[plainNames.length + unionSize];
      const deltas = Object.fromEntries([...named, ["use_batch", unionSize < 0 ? none : use_batch!]]);
      return { deltas: deltas as MeanContrasts["deltas"], unionSize, batchH: estimates.at(-1)! };
    },
    save: () => ({ ...gathering.save(), unions: { shape: [], data: Int32Array.of(unions) } }),
    load: (state) => {
      gathering.load(state);
      unions = state.unions?.data[0] ?? 0;
    },
  };
}

/**
 * Mean over time; its variance is that of sequences (neighbours in time) and that of units, which all analyses share, added. Degrees
 * of freedom by Satterthwaite (1946).
 */
export function overUnitsAndSequences(values: readonly number[], unitVariances: readonly number[]): Estimate {
  const time = meanOverTime(values);
  const [ofSequences, ofUnits] = [time.se ** 2, mean(unitVariances)];
  const total = ofSequences + ofUnits;
  const unitsDf = 2 * (unitGroups - 1);
  const df = total ** 2 / (ofSequences ** 2 / time.df + ofUnits ** 2 / unitsDf);
  return interval(time.value, Math.sqrt(total), df);
}
