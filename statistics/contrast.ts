/** What layers are compared by: names that the layer-contrast analyzer reports and `experiment contrast` reads. */
import { logit } from "./effects.ts";

/** Shares of a layer's units, compared by their log odds. */
export const shareNames = ["use_token", "use_seq", "use_batch", "k50", "always_on", "rare", "dead_hat"] as const;
/** Ratios, compared by their logs. */
export const ratioNames = ["batch_over_token", "cluster_index"] as const;
export const statisticNames = [...shareNames, ...ratioNames] as const;
/** Smooth enough in the sequences that the jackknife finds their error: `-+ t` errors is a 95 % interval. */
export const coveredNames = ["use_token", "use_seq", "k50", "cluster_index"] as const;
/**
 * Sizes of unions, and what rests on them. The jackknife errs upwards (Efron & Stein 1981, Ann. Statist. 9:586), and more so the
 * more a single sequence adds: `-+ t` errors covers at least 95 %. (always_on and rare, shares above and below a threshold, step
 * as sequences are left out: the jackknife knows nothing of their error.)
 */
export const overcoveredNames = ["use_batch", "batch_over_token", "dead_hat"] as const;
/** Statistics that have a jackknife error. */
export const jackknifedNames = [...coveredNames, ...overcoveredNames] as const;
export type JackknifedName = (typeof jackknifedNames)[number];
export type ShareName = (typeof shareNames)[number];
export type StatisticName = (typeof statisticNames)[number];

const ratios: ReadonlySet<StatisticName> = new Set(ratioNames);

/** The scale on which layers are compared: log odds of a share, log of a ratio. `unit` is one unit's share of its layer. */
export function onScale(name: StatisticName, value: number, unit: number): number {
  return ratios.has(name) ? Math.log(value) : logit(value, unit);
}
