/** What layers are compared by: names that the layer-contrast analyzer reports and `experiment contrast` reads. */
import { arcsine, logit } from "./effects.ts";

/** Shares of a layer's units that are 0 or 1 in no network that trains, compared by their log odds. */
const oddsNames = ["use_token", "use_seq", "k50"] as const;
/** Shares that may well be 0 or 1, compared by their arcsines (Cohen's h), which are finite there. */
const arcsineNames = ["use_batch", "always_on", "rare", "dead_hat"] as const;
/** Ratios, compared by their logs. */
export const ratioNames = ["batch_over_token", "cluster_index"] as const;
export const shareNames = [...oddsNames, ...arcsineNames] as const;
export const statisticNames = [...shareNames, ...ratioNames] as const;
export type ShareName = (typeof shareNames)[number];
export type StatisticName = (typeof statisticNames)[number];
export type Scale = "log odds" | "Cohen's h" | "log";

/** The scale on which layers are compared. */
export function scaleOf(name: StatisticName): Scale {
  if ((ratioNames as readonly string[]).includes(name)) return "log";
  return (arcsineNames as readonly string[]).includes(name) ? "Cohen's h" : "log odds";
}

/** A value on that scale. */
export function onScale(name: StatisticName, value: number): number {
  const scale = scaleOf(name);
  if (scale === "log") return Math.log(value);
  return scale === "log odds" ? logit(value) : arcsine(value);
}
