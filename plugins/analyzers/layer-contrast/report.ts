/** What layer-contrast says of one batch. */

import { shareNames } from "../../../statistics/contrast.ts";
import { arcsine, logit } from "../../../statistics/effects.ts";
import { byMetric } from "../counts.ts";
import { layerStatistics, tallies } from "../layer-statistics.ts";
import type { UnitFirings } from "../unit-counts.ts";
import { comparable, deltaNames, type Effects, effectsOf, unionSizes } from "./effects.ts";
import { sequenceSpread, useAtEqualFirings } from "./equal-firings.ts";

/** Everything that layer-contrast reports of all layers' firings, first layer first, but for what it knows of steps before. */
export function contrastReport(
  layers: readonly UnitFirings[],
  effects: Effects = effectsOf(layers[0]!, layers.at(-1)!),
) {
  const { batch, pos } = layers[0]!;
  const statistics = byMetric(layers.map((layer) => layerStatistics(tallies(layer))));
  const equal = useAtEqualFirings(layers);
  const size = comparable(effects.unions);
  const named = <N extends string, T>(prefix: string, names: readonly N[], value: (name: N) => T) =>
    Object.fromEntries(names.map((name) => [`${prefix}${name}`, value(name)]));
  const delta = (name: (typeof deltaNames)[number]) =>
    name === "use_batch" ? (effects.unions[size]?.value ?? Number.NaN) : effects.of[name].value;
  return {
    ...statistics,
    ...named("delta_", deltaNames, delta),
    delta_use_batch_tokens: size < 0 ? Number.NaN : unionSizes(batch)[size]! * pos,
    ...named("h_", shareNames, (name) => arcsine(statistics[name].at(-1)!) - arcsine(statistics[name][0]!)),
    use_batch_equal_firings: equal,
    delta_use_batch_equal_firings: logit(equal.at(-1)!) - logit(equal[0]!),
    inversion_size: delta("use_batch") - delta("use_token"),
    seq_spread: layers.map(sequenceSpread),
  };
}
