/**
 * How units fell silent, kept until it turns out whether they are dead: a death is called long after the last firing, when the looks
 * from before it are no longer at hand.
 */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import type { DeathCause } from "./attribution.ts";
import { driftParts } from "./drift.ts";
import { type Descent, descentKinds } from "./margins.ts";

/** A unit's own cause and those of survivors as busy as it. */
export interface StashedCauses {
  readonly own: DeathCause;
  readonly controls: readonly DeathCause[];
}

/** By unit. */
export interface Stash {
  put(unit: number, causes: StashedCauses | undefined): void;
  /** Hands out a unit's causes, once. */
  take(unit: number): StashedCauses | undefined;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

const parts = driftParts.length;

/** An empty stash. */
export function createStash(): Stash {
  const byUnit = new Map<number, StashedCauses>();
  return {
    put: (unit, causes) => {
      if (causes === undefined) byUnit.delete(unit);
      else byUnit.set(unit, causes);
    },
    take: (unit) => {
      const found = byUnit.get(unit);
      byUnit.delete(unit);
      return found;
    },
    save: () => {
      const rows = [...byUnit].flatMap(([unit, { own, controls }]) =>
        [own, ...controls].map((cause) => [unit, ...rowOf(cause)]),
      );
      const lengths = Int32Array.from(rows, (row) => row.length);
      return {
        lengths: { shape: [lengths.length], data: lengths },
        rows: { shape: [lengths.reduce((sum, length) => sum + length, 0)], data: Float64Array.from(rows.flat()) },
      };
    },
    load: ({ lengths, rows }) => {
      byUnit.clear();
      let at = 0;
      for (const length of lengths?.data ?? []) {
        const [unit, ...row] = Array.from(rows!.data.subarray(at, at + length)) as [number, ...number[]];
        at += length;
        const known = byUnit.get(unit);
        const cause = causeOf(row);
        byUnit.set(
          unit,
          known ? { own: known.own, controls: [...known.controls, cause] } : { own: cause, controls: [] },
        );
      }
    },
  };
}

function rowOf({ parts, after, descent, thresholds }: DeathCause): number[] {
  const { largestShare, steps, kind } = descent;
  const course = thresholds.flatMap((one) => [one.steps, one.theta]);
  return [...parts, ...after, largestShare, steps, descentKinds.indexOf(kind), ...course];
}

function causeOf(row: readonly number[]): DeathCause {
  const [largestShare, steps, kind, ...course] = row.slice(2 * parts) as [number, number, number, ...number[]];
  const thresholds = Array.from({ length: course.length / 2 }, (_, k) => ({
    steps: course[2 * k]!,
    theta: course[2 * k + 1]!,
  }));
  return {
    parts: Float64Array.from(row.slice(0, parts)),
    after: Float64Array.from(row.slice(parts, 2 * parts)),
    descent: { largestShare, steps, kind: descentKinds[kind] as Descent },
    thresholds,
  };
}
