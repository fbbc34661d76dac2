/** What the last frozen probes showed of one layer's followed units, in a ring of bounded length. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { driftParts } from "./drift.ts";

/** One look. */
export interface Look {
  readonly step: number;
  /** Largest and mean pre-activation of each unit over the frozen tokens. */
  readonly zmax: Float32Array;
  readonly zmean: Float32Array;
  /** Frozen tokens that fire each unit. */
  readonly active: Int32Array;
  /** Firing threshold cosine of each unit. */
  readonly theta: Float32Array;
  /** Parts of the change of zmean since the look before, `[units parts]`; zeros for the first. */
  readonly parts: Float32Array;
}

/** The first and the last of some looks in a row. */
export interface Places {
  readonly first: number;
  readonly last: number;
}

/** The ring. */
export interface Course {
  add(look: Look): void;
  readonly looks: readonly Look[];
  /**
   * The looks from the last one at or before `from` (or the run's first) to the first at or after `to`, as places in `looks`;
   * undefined when the ring does not reach that far back or forth, or when they are fewer than three.
   */
  between(from: number, to: number): Places | undefined;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** An empty ring of `capacity` looks. */
export function createCourse(capacity: number): Course {
  let looks: Look[] = [];
  let dropped = 0;
  return {
    add: (look) => {
      if (looks.length === capacity) dropped++;
      looks = [...looks, look].slice(-capacity);
    },
    get looks() {
      return looks;
    },
    between: (from, to) => {
      const before = looks.findLastIndex((look) => look.step <= from);
      const last = looks.findIndex((look) => look.step >= to);
      if (last < 0 || (before < 0 && dropped > 0)) return undefined;
      const first = Math.max(before, 0);
      return last - first < 2 ? undefined : { first, last };
    },
    save: () => {
      const steps = Int32Array.from(looks, (look) => look.step);
      const each = looks.flatMap(({ zmax, zmean, active, theta, parts }, k) =>
        Object.entries({ zmax, zmean, active, theta, parts }).map(([name, data]): [string, NDArray] => [
          `${k}/${name}`,
          { shape: [data.length], data },
        ]),
      );
      return {
        steps: { shape: [steps.length], data: steps },
        dropped: { shape: [], data: Int32Array.of(dropped) },
        ...Object.fromEntries(each),
      };
    },
    load: (state) => {
      const floats = (key: string) => Float32Array.from(state[key]?.data ?? []);
      dropped = state.dropped?.data[0] ?? 0;
      looks = Array.from(state.steps?.data ?? [], (step, k) => ({
        step,
        zmax: floats(`${k}/zmax`),
        zmean: floats(`${k}/zmean`),
        active: Int32Array.from(state[`${k}/active`]?.data ?? []),
        theta: floats(`${k}/theta`),
        parts: floats(`${k}/parts`),
      }));
    },
  };
}

/** Sum of a unit's parts over all of these looks but the first: what moved it from the first look to the last. */
export function partsOver(looks: readonly Look[], { first, last }: Places, unit: number): Float64Array {
  const sums = new Float64Array(driftParts.length);
  for (let look = first + 1; look <= last; look++) {
    const { parts } = looks[look]!;
    for (let k = 0, at = unit * sums.length; k < sums.length; k++, at++) sums[k]! += parts[at]!;
  }
  return sums;
}
