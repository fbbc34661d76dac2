/** What a caller of the trainer can be told while it works; the command line draws its progress from this. */
import type { Run } from "../contract/run.ts";

/** One step, as told to an observer. */
export interface StepReport {
  /** What is counted; default `step`. */
  readonly what?: string;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Training tokens per second, smoothed over recent steps. */
  readonly tokensPerSecond: number;
  /** Expected time to the last step, ms. */
  readonly remainingMs: number;
  /** Held-out loss, on steps that evaluated. */
  readonly evalLoss?: number;
}

/** Every member is optional; none may throw. */
export interface Observer {
  /** Something that takes a moment begins: "loading the corpus". */
  phase?(text: string): void;
  started?(run: Run, engine: string): void;
  step?(report: StepReport): void;
  saved?(path: string): void;
  /** Something good to know, like where a run can be seen. */
  info?(message: string): void;
  warning?(message: string): void;
  /** A sink brings rows to where they go at the end of the run: so many are there, of how many. */
  progress?(done: number, total: number): void;
  ended?(): void;
}
