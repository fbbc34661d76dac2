/** Attribution for one layer: drift between frozen looks, of units that fell silent and of survivors as busy as they. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import { mean } from "../../../statistics/moments.ts";
import { createCourse, type Look, partsOver } from "./course.ts";
import { driftBetween, driftParts } from "./drift.ts";
import type { Turn } from "./life.ts";
import { type DescentReport, descent } from "./margins.ts";
import { matchedSurvivors, matchedToOne, ranked } from "./matching.ts";
import type { LayerSnapshot, Norm } from "./snapshot.ts";

/** Frozen looks that are kept at least, and of how many times `reach`: a death is called some windows after the last firing. */
const fewestLooks = 40;
const reaches = 2.5;
/** Units of each kind whose own tokens are looked at in one interval. */
const mostOwn = 4;

/** Means over units of the parts of their drift; all NaN where there were no such units. */
export type MeanParts = Float64Array;

/** What one interval between looks shows of the units that fell silent on the frozen tokens within it. */
export interface Interval {
  readonly fellSilent: number;
  /** Parts over all frozen tokens: units that fell silent, and matched survivors. */
  readonly dying: MeanParts;
  readonly survivors: MeanParts;
  /** Parts over the tokens that fired the unit at the look before. */
  readonly dyingOwn: MeanParts;
  readonly survivorsOwn: MeanParts;
  /** Over followed units: largest |sum of parts - change| / |change|, the change of the mean pre-activation in float64. */
  readonly residual: number;
  /** And largest |change in float64 - change that the device measured|, over the largest |mean pre-activation|. */
  readonly rounding: number;
}

/** How one death came about. */
export interface DeathCause {
  readonly parts: Float64Array;
  readonly descent: DescentReport;
  /** Parts from the last firing to now: a starved unit moves by decay, coasting and what lies upstream only. */
  readonly after: Float64Array;
  /** The firing threshold cosine at each look up to the last firing, `steps` before it. */
  readonly thresholds: readonly { readonly steps: number; readonly theta: number }[];
}

/** Follows one layer from look to look. */
export interface Attribution {
  /** Takes one look; `keep` is the product of `1 - lr decay` over the steps since the look before. */
  look(look: Omit<Look, "parts">, snapshot: LayerSnapshot, keep: number, random: Random): Interval | undefined;
  /** Explains a death of followed unit `unit` from the `reach` steps before its last firing; undefined out of the ring's reach. */
  explain(unit: number, turn: Turn, now: number): DeathCause | undefined;
  /** Explains survivors among `alive` over the interval of a turn, matched by how many frozen tokens fired them at its start. */
  controlsAmong(alive: readonly number[]): (dying: number, turn: Turn, random: Random) => DeathCause[];
  readonly looks: readonly Look[];
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** A layer that has not been looked at; looks are `every` steps apart. */
export function createAttribution(norm: Norm, reach: number, every: number): Attribution {
  const course = createCourse(Math.max(fewestLooks, Math.ceil((reaches * reach) / every)));
  let previous: LayerSnapshot | undefined;
  const width = driftParts.length;

  function between(from: LayerSnapshot, to: LayerSnapshot, look: Omit<Look, "parts">, keep: number, random: Random) {
    const before = course.looks.at(-1)!;
    const units = look.zmean.length;
    const dying: number[] = [];
    const alive: number[] = [];
    for (let i = 0; i < units; i++) if (before.active[i]! > 0) (look.active[i] === 0 ? dying : alive).push(i);
    const survivors = matchedSurvivors(dying, alive, (i) => before.active[i]!, random);
    const some = [dying.slice(0, mostOwn), survivors.slice(0, mostOwn)] as const;
    const asked = some.flat().map((unit) => ({ unit, fired: before.active[unit]! }));
    const { all, change, own } = driftBetween(from, to, norm, keep, asked);

    let [residual, apart, largest] = [0, 0, 0];
    for (let i = 0, at = 0; i < units; i++) {
      let sum = 0;
      for (const end = at + width; at < end; at++) sum += all[at]!;
      const [z0, z1] = [before.zmean[i]!, look.zmean[i]!];
      if (change[i] !== 0) residual = Math.max(residual, Math.abs((sum - change[i]!) / change[i]!));
      apart = Math.max(apart, Math.abs(change[i]! - (z1 - z0)));
      largest = Math.max(largest, Math.abs(z0), Math.abs(z1));
    }
    const overall = (i: number) => all.subarray(i * width, (i + 1) * width);
    const interval: Interval = {
      fellSilent: dying.length,
      dying: meanParts(dying.map(overall)),
      survivors: meanParts(survivors.map(overall)),
      dyingOwn: meanParts(own.slice(0, some[0].length)),
      survivorsOwn: meanParts(own.slice(some[0].length)),
      residual,
      rounding: largest === 0 ? 0 : apart / largest,
    };
    return { parts: new Float32Array(all), interval };
  }

  function cause(unit: number, from: number, to: number, now: number): DeathCause | undefined {
    const places = course.between(from, to);
    if (places === undefined) return undefined;
    const { looks } = course;
    const { first, last } = places;
    const margins = new Float64Array(last - first + 1);
    const thresholds: DeathCause["thresholds"][number][] = [];
    for (let k = first; k <= last; k++) {
      const { step, zmax, theta } = looks[k]!;
      margins[k - first] = zmax[unit]!;
      if (step <= to) thresholds.push({ steps: to - step, theta: theta[unit]! });
    }
    const spacing = (looks[last]!.step - looks[first]!.step) / (last - first);
    const until = looks.findLastIndex(({ step }) => step <= now);
    const after = partsOver(looks, { first: last, last: until }, unit); // `last` is the first look at or after `to`
    return { parts: partsOver(looks, places, unit), descent: descent(margins, spacing), after, thresholds };
  }

  return {
    look: (look, snapshot, keep, random) => {
      const found = previous && between(previous, snapshot, look, keep, random);
      course.add({ ...look, parts: found?.parts ?? new Float32Array(look.zmean.length * width) });
      previous = snapshot;
      return found?.interval;
    },
    explain: (unit, turn, now) => cause(unit, turn.lastStep - reach, turn.lastStep, now),
    controlsAmong: (alive) => {
      const rankings = new Map<Look, readonly number[]>(); // one for all turns that are matched at the same look
      return (dying, turn, random) => {
        const places = course.between(turn.lastStep - reach, turn.lastStep);
        if (places === undefined) return [];
        const start = course.looks[places.first]!;
        const activity = (unit: number) => start.active[unit]!;
        const rising = rankings.get(start) ?? ranked(alive, activity);
        rankings.set(start, rising);
        const matched = matchedToOne(dying, rising, activity, random);
        return matched.flatMap((unit) => cause(unit, turn.lastStep - reach, turn.lastStep, turn.lastStep) ?? []);
      };
    },
    get looks() {
      return course.looks;
    },
    save: () => {
      const kept = Object.entries(previous ?? {}).map(([name, data]): [string, NDArray] => {
        const { length } = previous!.bias;
        return [
          `previous/${name}`,
          { shape: name === "weights" ? [data.length / length, length] : [data.length], data },
        ];
      });
      return { ...course.save(), ...Object.fromEntries(kept) };
    },
    load: (state) => {
      course.load(state);
      const kept = (name: string) => Float32Array.from(state[`previous/${name}`]?.data ?? []);
      const [x, weights, bias, gain, shift] = [kept("x"), kept("weights"), kept("bias"), kept("gain"), kept("shift")];
      // Of an earlier version, which kept a row a unit, the first interval after a resume is not known.
      const known = x.length > 0 && state["previous/weights"]!.shape.length === 2;
      previous = known ? { x, weights, bias, gain, shift } : undefined;
    },
  };
}

/** The mean of several units' parts; NaN in a unit's own parts (no token fired it) leaves it out. */
export function meanParts(units: readonly ArrayLike<number>[]): MeanParts {
  const known = units.filter((parts) => !Number.isNaN(parts[0]!));
  return Float64Array.from(driftParts, (_, k) => mean(known.map((parts) => parts[k]!)));
}
