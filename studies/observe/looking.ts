/**
 * The one way to look at checkpoints, of a run of ours or from elsewhere: a model without an optimizer, parameters that are read
 * when their turn comes, and the text that the model reads.
 */
import type { OptimizerInstance } from "../../core/contract/optimizer.ts";
import { createSampler, type Sampler } from "../../core/data/sampler.ts";
import { type EvalWindows, evalWindows } from "../../core/data/windows.ts";
import type { OpenRun } from "../../core/run/open.ts";
import type { StepPlan } from "../../core/step/step.ts";
import type { OpenSubject, Subject } from "./subject.ts";
import { withLeading } from "./text.ts";

/** Checkpoints that are open to be looked at. */
export interface Looking {
  /** Its plan updates nothing, and lowers what fires by the thresholds that were set. */
  readonly open: OpenRun;
  /** In the order of steps. */
  readonly subjects: readonly Subject[];
  /** Sequences of training text, in one of the seed's orders. */
  sampler(order: number): Sampler;
  /** Held-out windows, spread evenly: as many, or all that there are. */
  windows(count: number): EvalWindows;
}

/** What differs between models. */
export interface Reading {
  /** Tokens that the model's family puts before every text. */
  readonly leading?: readonly number[];
  /** Sequences at once; those of a micro-batch in the config where it is left out. */
  readonly sequences?: number;
  /** What an activation must exceed to count as firing, in each layer; 0 where it is left out. */
  readonly thresholds?: readonly number[] | undefined;
}

/** Nothing is updated, so nothing is kept for updating. */
const noOptimizer: OptimizerInstance = { init: () => ({}), scalars: () => ({}), update: () => ({}) };

/** Makes them ready. `open` is closed by whoever opened it. */
export function lookingAt(open: OpenRun, subjects: readonly Subject[], reading: Reading = {}): Looking {
  const { config, dataset } = open;
  const { leading = [], sequences = config.train.batch_size, thresholds } = reading;
  const { sameAs: _, ...made } = open.plan; // its steps are others now
  const plan: StepPlan = {
    ...made,
    optimizer: noOptimizer,
    train: { ...open.plan.train, batch_size: sequences, accumulate: 1 },
    ...(thresholds && { thresholds }),
  };
  const { n_ctx } = config.model;
  const led = (windows: EvalWindows): EvalWindows => ({ ...windows, ...withLeading(windows, leading) });
  return {
    open: { ...open, plan, held: led(open.held) },
    subjects,
    sampler: (order) => {
      const sampler = createSampler(dataset.train, { n_ctx, seed: config.seed, order });
      return { ...sampler, next: (count) => withLeading(sampler.next(count), leading) };
    },
    windows: (count) => led(evalWindows(dataset, n_ctx, count)),
  };
}

/** Opens a subject, and closes it again after `use`. */
export async function opened<T>(subject: Subject, use: (open: OpenSubject) => Promise<T>): Promise<T> {
  const open = subject.open();
  try {
    return await use(open);
  } finally {
    open.close();
  }
}
