/** What plain forks share: the way of units that fell silent, and which ones they are. */
import { type Overlap, overlapSum } from "../../statistics/overlap.ts";
import { type Replay, replay, replaySum } from "../../statistics/replay.ts";
import { layerOverlap } from "../overlap.ts";
import { type Evidence, looksOf, type Point } from "./evidence.ts";

/** One checkpoint's plain forks, over layers. */
export interface PointReplay extends Replay {
  readonly run: string;
  readonly step: number;
  readonly orders: number;
}

/** Of every checkpoint that has plain forks of so many steps. */
export function replaysOf({ points }: Evidence, steps: number): PointReplay[] {
  return points.flatMap((point) => {
    const looks = looksOf(point, "plain", steps);
    if (looks === undefined) return [];
    const layers = point.margins.map((before, layer) =>
      replay(
        before,
        looks.forks.map(({ margins }) => margins[layer]!),
      ),
    );
    return [{ run: point.run, step: point.step, orders: looks.forks.length, ...replaySum(layers) }];
  });
}

/** Units that plain forks lose in common, over checkpoints and layers, among units that fire as often. */
export function overlapOfPoints({ points }: Evidence, steps: number): Overlap {
  return overlapSum(points.flatMap((point) => overlapsOf(point, steps)));
}

function overlapsOf(point: Point, steps: number): Overlap[] {
  const looks = looksOf(point, "plain", steps);
  if (looks === undefined || looks.forks.length < 2) return [];
  return point.firings.map((firings, layer) => {
    const after = looks.forks.map(({ margins }) => Int32Array.from(margins[layer]!, (margin) => (margin > 0 ? 1 : 0)));
    return layerOverlap(layer, firings, after).overlap;
  });
}
