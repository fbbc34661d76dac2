/** What layers are compared by: names that the layer-contrast analyzer reports and `experiment contrast` reads. */
import { logit } from "./effects.ts";

/** Shares of a layer's units, compared by their log odds. */
export const shareNames = ["use_token", "use_seq", "use_batch", "k50", "always_on", "rare", "dead_hat"] as const;
/** Ratios, compared by their logs. */
export const ratioNames = ["batch_over_token", "cluster_index"] as const;
export const statisticNames = [...shareNames, ...ratioNames] as const;
export type ShareName = (typeof shareNames)[number];
export type StatisticName = (typeof statisticNames)[number];

const ratios: ReadonlySet<StatisticName> = new Set(ratioNames);

/** The scale on which layers are compared: log odds of a share, log of a ratio. `unit` is one unit's share of its layer. */
export function onScale(name: StatisticName, value: number, unit: number): number {
  return ratios.has(name) ? Math.log(value) : logit(value, unit);
}
