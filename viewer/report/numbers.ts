/** Estimates and values in words, the same in every format. */
import { brief, exact } from "../charts/format.ts";
import type { Difference, Estimate } from "./headline.ts";

/** `2.434 ± 0.021`, or with an interval. */
export function estimateText(estimate: Estimate | undefined): string {
  if (!estimate) return "–";
  const { value, se, interval } = estimate;
  if (se !== undefined) return withError(value, se);
  if (interval) return `${brief(value)} [${brief(interval[0])}, ${brief(interval[1])}]`;
  return brief(value);
}

/** `−0.12 ± 0.03`. */
export function differenceText(difference: Difference | undefined): string {
  if (!difference) return "";
  const { value, se } = difference;
  const sign = value > 0 ? "+" : "";
  return `${sign}${se === undefined ? brief(value) : withError(value, se)}`;
}

/** As many digits as the error is worth: two of its own. */
function withError(value: number, se: number): string {
  if (!(se > 0) || !Number.isFinite(value)) return `${brief(value)} ± ${brief(se)}`;
  const digits = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(se))));
  return se >= 100 ? `${brief(value)} ± ${brief(se)}` : `${value.toFixed(digits)} ± ${se.toFixed(digits)}`;
}

/** `2.41 [2.38, 2.44], n 6`; without an interval where there is none. */
export function intervalText(estimate: { value: number; low: number; high: number } | undefined, n?: number): string {
  if (!estimate || !Number.isFinite(estimate.value)) return "–";
  const { value, low, high } = estimate;
  const runs = n === undefined ? "" : `, n ${n}`;
  if (!Number.isFinite(low)) return `${brief(value)}${runs}`;
  const digits = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10((high - low) / 2 || 1))));
  const text = (one: number) => (Math.abs(one) >= 1e4 ? brief(one) : one.toFixed(digits).replace("-", "−"));
  return `${text(value)} [${text(low)}, ${text(high)}]${runs}`;
}

/** Whether a cell holds a number with what belongs to it: such a cell is not broken into lines. */
export function numberLike(cell: string): boolean {
  return /^[+\-−]?\d/.test(cell) && cell.length < 60;
}

/** A value of a config. */
export function valueText(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? exact(value) : String(value);
}
