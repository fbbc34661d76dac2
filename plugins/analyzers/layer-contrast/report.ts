/** What layer-contrast says of one batch. */
import { jackknifedNames, shareNames, statisticNames } from "../../../statistics/contrast.ts";
import { logit } from "../../../statistics/effects.ts";
import { byMetric, type Firings } from "../counts.ts";
import { layerStatistics, tallies } from "../layer-statistics.ts";
import { deltas, pairOf, sizeOfEffect } from "./effects.ts";
import { sequenceSpread, useAtEqualFirings } from "./equal-firings.ts";
import { crossLevel, pool, verdictNumber } from "./inversion.ts";

/** Everything that layer-contrast reports of all layers' firings, first layer first, but for what it knows of steps before. */
export function contrastReport(layers: readonly Firings[]) {
  const [first, last] = [layers[0]!, layers.at(-1)!];
  const pair = pairOf(first, last);
  const delta = deltas(pair);
  const equal = useAtEqualFirings(layers);
  const unit = 1 / first.units;
  const named = <N extends string, T>(prefix: string, names: readonly N[], value: (name: N) => T) =>
    Object.fromEntries(names.map((name) => [`${prefix}${name}`, value(name)]));
  return {
    ...byMetric(layers.map((layer) => layerStatistics(tallies(layer)))),
    ...named("delta_", statisticNames, (name) => delta[name].value),
    ...named("delta_se_", jackknifedNames, (name) => delta[name].se),
    ...named("h_", shareNames, (name) => sizeOfEffect(name, pair)),
    use_batch_equal_firings: equal,
    delta_use_batch_equal_firings: logit(equal.at(-1)!, unit) - logit(equal[0]!, unit),
    inversion_cross_level: verdictNumber(crossLevel(delta)),
    inversion_pool: verdictNumber(pool(delta)),
    inversion_size: delta.use_batch.value - delta.use_token.value,
    seq_spread: layers.map(sequenceSpread),
  };
}
