/** First against last layer: one effect a statistic, and how much of it is which units there happen to be. */
import { onScale, type StatisticName } from "../../../statistics/contrast.ts";
import { logit } from "../../../statistics/effects.ts";
import { jackknifeError } from "../../../statistics/jackknife.ts";
import { expectedUnion } from "../../../statistics/rarefaction.ts";
import { layerStatistics, type Tallies, tallies, talliesWithoutUnits } from "../layer-statistics.ts";
import type { UnitFirings } from "../unit-counts.ts";

/** Statistics whose contrast has an interval. The others step as units pass a threshold (always_on, rare) or are bounds (dead_hat). */
export const deltaNames = [
  "use_token",
  "use_seq",
  "use_batch",
  "k50",
  "batch_over_token",
  "cluster_index",
] as const satisfies readonly StatisticName[];
export type DeltaName = (typeof deltaNames)[number];

/** Above this use a layer is saturated: its log odds say how wide it is, and no more. */
export const saturatedFrom = 0.99;

/** Last minus first layer on one batch, and the variance that comes of units being a sample. */
export interface Effect {
  readonly value: number;
  readonly unitVariance: number;
}

/** All effects of one batch. */
export interface Effects {
  /** Log odds or logs; of use_batch see `unions`. */
  readonly of: Readonly<Record<Exclude<DeltaName, "use_batch">, Effect>>;
  /** Log odds of the union of 1, 2, 4 ... sequences and of all: NaN where a layer is saturated. */
  readonly unions: readonly Effect[];
  /** Cohen's h of use_batch: finite where a layer is saturated, and so what tells which layer uses more. */
  readonly batchH: Effect;
}

/** Sequences at which unions are compared. */
export function unionSizes(batch: number): number[] {
  const sizes: number[] = [];
  for (let b = 1; b < batch; b *= 2) sizes.push(b);
  return [...sizes, batch];
}

/** The contrast of two layers that saw the same sequences. Variances by leaving out groups of units (delete-a-group jackknife). */
export function effectsOf(first: UnitFirings, last: UnitFirings): Effects {
  const sizes = unionSizes(first.batch);
  const [a, b] = [first, last].map((layer) => {
    const values = valuesOf(tallies(layer), sizes);
    const without = Array.from(talliesWithoutUnits(layer), (part) => valuesOf(part, sizes));
    return values.map((value, k): Effect => {
      const error = jackknifeError(without.map((part) => part[k]!));
      return { value, unitVariance: error ** 2 };
    });
  }) as [Effect[], Effect[]];
  const effects = a.map(
    (one, k): Effect => ({ value: b[k]!.value - one.value, unitVariance: one.unitVariance + b[k]!.unitVariance }),
  );
  const named = plainNames.map((name, k) => [name, effects[k]!] as const);
  return {
    of: Object.fromEntries(named) as unknown as Effects["of"],
    unions: effects.slice(plainNames.length, -1),
    batchH: effects.at(-1)!,
  };
}

const plainNames = deltaNames.filter((name) => name !== "use_batch");

function valuesOf(part: Tallies, sizes: readonly number[]): number[] {
  const statistics = layerStatistics(part);
  const unions = sizes.map((size) => {
    const use = expectedUnion(part.sequences, part.batch, size);
    return use > saturatedFrom ? Number.NaN : logit(use);
  });
  return [
    ...plainNames.map((name) => onScale(name, statistics[name])),
    ...unions,
    onScale("use_batch", statistics.use_batch),
  ];
}

/** The most sequences at which neither layer is saturated, by index into `unions`; -1 where a single sequence saturates one. */
export function comparable(unions: readonly Effect[]): number {
  return unions.findLastIndex(({ value }) => Number.isFinite(value));
}
