/** First against last layer: one effect a statistic, with a paired error over sequences. */
import {
  jackknifedNames,
  onScale,
  type ShareName,
  type StatisticName,
  statisticNames,
} from "../../../statistics/contrast.ts";
import { cohensH } from "../../../statistics/effects.ts";
import { type Estimate, jackknife } from "../../../statistics/jackknife.ts";
import type { Firings } from "../counts.ts";
import { type LayerStatistics, layerStatistics, tallies, talliesWithout } from "../layer-statistics.ts";

/** Both layers' statistics on the whole batch and without each sequence. */
export interface Pair {
  readonly units: number;
  readonly first: LayerStatistics;
  readonly last: LayerStatistics;
  readonly firstWithout: readonly LayerStatistics[];
  readonly lastWithout: readonly LayerStatistics[];
}

/** Computes them; both layers saw the same sequences, so that the errors are paired. */
export function pairOf(first: Firings, last: Firings): Pair {
  return {
    units: first.units,
    first: layerStatistics(tallies(first)),
    last: layerStatistics(tallies(last)),
    firstWithout: Array.from(talliesWithout(first), layerStatistics),
    lastWithout: Array.from(talliesWithout(last), layerStatistics),
  };
}

const jackknifed: ReadonlySet<StatisticName> = new Set(jackknifedNames);

/** `delta(y) = scale(y of last) - scale(y of first)` for each statistic, with a jackknife error where that means something. */
export function deltas({ units, first, last, firstWithout, lastWithout }: Pair): Record<StatisticName, Estimate> {
  const scaled = (name: StatisticName, of: LayerStatistics) => onScale(name, of[name], 1 / units);
  const entries = statisticNames.map((name): [StatisticName, Estimate] => {
    const kept = jackknifed.has(name) ? firstWithout : [];
    const without = kept.map((one, b) => scaled(name, lastWithout[b]!) - scaled(name, one));
    return [name, jackknife(scaled(name, last) - scaled(name, first), without)];
  });
  return Object.fromEntries(entries) as Record<StatisticName, Estimate>;
}

/** Cohen's h of a statistic that is a share, last against first layer. */
export function sizeOfEffect(name: ShareName, { first, last }: Pair): number {
  return cohensH(first[name], last[name]);
}
