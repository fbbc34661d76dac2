/** What a row of the table is: it measures one pair and gives a ratio, or says why it cannot. */
import type { Effort } from "./measure.ts";

export interface Result {
  readonly ratio: number;
  /** What was compared, in numbers. */
  readonly detail: string;
  /** Medians of both sides of a comparison, ms a step. */
  readonly ours?: number;
  readonly theirs?: number;
  /** What the other side calls itself. */
  readonly peer?: string;
}

export interface BenchRow {
  readonly id: string;
  readonly what: string;
  readonly target: { readonly at: "least" | "most"; readonly value: number; readonly text: string };
  /** A string is the reason for skipping. */
  measure(effort: Effort): Promise<Result | string>;
}

export const least = (value: number): BenchRow["target"] => ({ at: "least", value, text: `>= ${value}x` });
