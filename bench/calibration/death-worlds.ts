/** Worlds in which it is known why units fall silent: margins of forks as `experiment death` measures them. */
import type { Random } from "../../core/arrays/random.ts";
import type { ArmLooks, Evidence, Point } from "../../studies/death/evidence.ts";
import type { Explanation, Verdict } from "../../studies/death/weigh.ts";

/** How units move between two looks, and how large the world is. */
export interface World {
  readonly points: number;
  readonly orders: number;
  readonly layers: number;
  readonly units: number;
  /** Steady movement that the state gives a unit, over all steps, of the layer's random movement: mean and deviation over units. */
  readonly drift: readonly [mean: number, deviation: number];
  /** Random movement by the order of the data, of units by themselves and in common. */
  readonly noise: number;
  readonly common: number;
  /** Chance of an outlier at a step, of its hitting a unit, and by how much. */
  readonly outliers: readonly [rate: number, hits: number, size: number];
}

/** The documented size: one run, five checkpoints, three data orders, six layers of 512 units. */
export const documented = { points: 5, orders: 3, layers: 6, units: 512 } as const;

/** Worlds of one cause each, one of two causes in equal parts, and one in which little happens. */
export const worlds = {
  directed: { drift: [0.5, 2], noise: 0.5, common: 0.3, outliers: [0.02, 0.05, 1] },
  random: { drift: [0, 0], noise: 1, common: 0.3, outliers: [0.02, 0.05, 1] },
  outliers: { drift: [0, 0], noise: 0.15, common: 0.1, outliers: [0.1, 0.3, 2.5] },
  half: { drift: [0.25, 1.25], noise: 1, common: 0.3, outliers: [0.02, 0.05, 1] },
  still: { drift: [0, 0], noise: 0.001, common: 0, outliers: [0.02, 0, 0] },
} as const satisfies Readonly<Record<string, Pick<World, "drift" | "noise" | "common" | "outliers">>>;

/** What is so in each world, in words, and which verdicts claim what is not. */
export const truths = {
  directed: { words: "the state takes units to silence", isFalse: against("directed dynamics") },
  random: { words: "the order of the data does", isFalse: against("random drift") },
  outliers: { words: "a few extreme updates do", isFalse: against("outliers") },
  half: {
    words: "state and order in equal parts: neither may be claimed",
    isFalse: ({ explanation, verdict }) =>
      explanation === "outliers" ? verdict === "supported" : verdict !== "not decided",
  },
  still: { words: "hardly any unit falls silent", isFalse: ({ verdict }) => verdict !== "not decided" },
} as const satisfies Record<keyof typeof worlds, { words: string; isFalse(verdict: Verdict): boolean }>;

/** The truth contradicted, or anything else supported. */
function against(truth: Explanation) {
  return ({ explanation, verdict }: Verdict) => verdict === (explanation === truth ? "contradicted" : "supported");
}

/** Looks from a checkpoint to the end, and the updates that they stand for. */
const steps = 16;
const updates = 400;

/** One data set of a world. */
export function evidenceOf(world: World, random: Random): Evidence {
  const points = Array.from({ length: world.points }, (_, p) => pointOf(world, p, random));
  return { points, runs: [], steps };
}

function pointOf(world: World, p: number, random: Random): Point {
  const { layers, units, orders, drift } = world;
  const perUnit = (make: () => number) =>
    Array.from({ length: layers }, () => Float32Array.from({ length: units }, make));
  const margins = perUnit(() => 3 * random.next());
  const state: State = {
    margins,
    // Units differ in how much they move: some fall silent under any order, without any direction.
    scale: perUnit(() => Math.exp(0.4 * random.normal())),
    drift: perUnit(() => -(drift[0] + drift[1] * random.normal())),
  };
  const firings = margins.map((layer) =>
    Int32Array.from(layer, (margin) => 1 + 60 * margin * Math.exp(0.3 * random.normal())),
  );
  const arm = (name: string, spared: boolean): ArmLooks => {
    const made = Array.from({ length: orders }, (_, k) => ({
      order: k + 1,
      ...continued(world, state, spared, random),
    }));
    const skipped = made.reduce((sum, { outliers }) => sum + outliers, 0) / (orders * updates);
    return { arm: name, steps, forks: made, ...(spared && { skipped }) };
  };
  return { run: "world", step: 100 * (p + 1), margins, firings, arms: [arm("plain", false), arm("no-outliers", true)] };
}

interface State {
  readonly margins: readonly Float32Array[];
  readonly scale: readonly Float32Array[];
  readonly drift: readonly Float32Array[];
}

/** One data order from the state on. Silent units get no gradient, and stay. */
function continued(
  { noise, common, outliers: [rate, hits, size] }: World,
  state: State,
  spared: boolean,
  random: Random,
) {
  const margins = state.margins.map((layer) => layer.slice());
  const step = 1 / Math.sqrt(steps);
  let outliers = 0;
  for (let s = 0; s < steps; s++) {
    const outlier = random.next() < rate;
    if (outlier) outliers++;
    for (const [l, layer] of margins.entries()) {
      const shared = common * step * random.normal();
      for (let i = 0; i < layer.length; i++) {
        if (layer[i]! <= 0) continue;
        const scale = state.scale[l]![i]!;
        layer[i]! += (scale * state.drift[l]![i]!) / steps + scale * (noise * step * random.normal() + shared);
        if (outlier && !spared && random.next() < hits) layer[i]! -= size * random.next();
      }
    }
  }
  return { margins, outliers };
}
