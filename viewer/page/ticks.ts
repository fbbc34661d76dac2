/** Where a line chart's axes have ticks, and what stands there. */
import { si } from "../charts/format.ts";
import type { Axis } from "../series/axes.ts";

const steps: readonly number[] = Array.from({ length: 33 }, (_, i) => i - 15).flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

/** Steps between ticks of a linear axis: 1, 2 and 5 times powers of ten; steps and tokens are whole. */
export function increments(axis: Axis): number[] {
  return steps.filter((step) => axis === "time" || step >= 1);
}

/** On a logarithmic axis, only the powers of ten and, where there are few of those, 2 and 5 have room for a label. */
export function thin(splits: readonly number[], log: boolean): (number | null)[] {
  if (!log) return [...splits];
  const tens = splits.filter((value) => isPower(value)).length;
  return splits.map((value) => {
    const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    return digit === 1 || (tens < 3 && (digit === 2 || digit === 5)) ? value : null;
  });
}

function isPower(value: number): boolean {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-9;
}

/** A value beside the y axis. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4) return si(value);
  return size !== 0 && size < 1e-3 ? value.toExponential(0) : tidy(value);
}

/** Without the digits that binary fractions add. */
export function tidy(value: number): string {
  return String(Number(value.toPrecision(4)));
}
