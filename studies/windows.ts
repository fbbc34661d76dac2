/** Looks at windows of text under a checkpoint: firings of each, and how well each is foretold. */
import type { NDArray } from "../core/arrays/ndarray.ts";
import type { EvalWindows } from "../core/data/windows.ts";
import type { NamedArrays } from "../core/engine/engine.ts";
import { windowLosses } from "../core/model/operations.ts";
import { rowsOf } from "../core/run/evaluation.ts";
import { type OpenRun, withState } from "../core/run/open.ts";
import { frozenStep, type StepProbe } from "../core/step/step.ts";
import type { Looking } from "./observe/looking.ts";

/** Counts firings window by window. */
export interface WindowCounter {
  /** `each` gets the windows batch by batch, from window `first` on: counts `[windows d_mlp]`, layer by layer. */
  look(parameters: NamedArrays, each: (first: number, layers: readonly Int32Array[]) => void): Promise<void>;
  dispose(): void;
}

/** Compiles it for as many windows at once as are looked at together. */
export async function createWindowCounter({ open }: Looking, windows: EvalWindows): Promise<WindowCounter> {
  const { engine, plan } = open;
  const { program, together } = await compiled(open, windows, {
    name: "firings",
    sites: ["mlp_fires"],
    probe: ({ mlp_fires }, { tf }) => ({
      counts: mlp_fires.map((fires) => tf.cast(tf.sum(tf.step(fires), 1), "int32")), // [batch d_mlp]
    }),
  });
  const { n_layers } = plan.model.shape;
  return {
    look: (parameters, each) =>
      withState(engine, parameters, (uploaded) =>
        inBatches(windows, together, async (first, batch) => {
          const outputs = await program.run(uploaded, batch);
          const layers = Array.from({ length: n_layers }, (_, layer) => outputs[`probe/firings/counts/${layer}`]!.data);
          each(first, layers as Int32Array[]);
        }),
      ),
    dispose: () => program.dispose(),
  };
}

/** Mean loss (nats per token) and share of tokens foretold of each window. */
export interface Scores {
  readonly losses: readonly number[];
  /** Tokens that are the likeliest by the model, over all of the window. */
  readonly correct: readonly number[];
}

/** Scores windows under parameters. */
export interface Scorer {
  scores(parameters: NamedArrays): Promise<Scores>;
  dispose(): void;
}

/** Compiles it for the run's held-out windows, or others. */
export async function createScorer({ open }: Looking, windows: EvalWindows = open.held): Promise<Scorer> {
  const { engine } = open;
  const { program, together } = await compiled(open, windows, {
    name: "scores",
    sites: ["logits"],
    probe: ({ logits }, { tf, targets }) => {
      const [batch, , d_vocab] = logits.shape as [number, number, number];
      const rows = tf.reshape(logits, [-1, d_vocab]); // [n d_vocab]
      const hits = tf.cast(tf.equal(tf.argMax(rows, -1), tf.reshape(targets, [-1])), "float32"); // [n]
      const losses = windowLosses(rows, tf.reshape(targets, [-1]), batch);
      return { losses, correct: tf.mean(tf.reshape(hits, [batch, -1]), 1) };
    },
  });
  return {
    scores: (parameters) =>
      withState(engine, parameters, async (uploaded) => {
        const found: { losses: number[]; correct: number[] } = { losses: [], correct: [] };
        await inBatches(windows, together, async (first, batch) => {
          const outputs = await program.run(uploaded, batch);
          for (const name of ["losses", "correct"] as const) {
            outputs[`probe/scores/${name}`]!.data.forEach((value, i) => {
              found[name][first + i] = value;
            });
          }
        });
        return found;
      }),
    dispose: () => program.dispose(),
  };
}

/** A probe compiled for as many windows at once as are looked at together. */
async function compiled({ engine, plan }: OpenRun, windows: EvalWindows, probe: StepProbe) {
  const together = Math.min(plan.train.batch_size, windows.count);
  const { step, signature } = frozenStep({ ...plan, sequences: together, probe });
  return { program: await engine.compile(step, signature, `${probe.name} of windows`), together };
}

/** Hands over all windows, `size` at a time; the last batch overlaps the one before where they do not come out even. */
async function inBatches(
  windows: EvalWindows,
  size: number,
  each: (first: number, batch: Record<"tokens" | "targets", NDArray<Int32Array>>) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < windows.count; done += size) {
    const first = Math.min(done, windows.count - size);
    await each(first, { tokens: rowsOf(windows.tokens, first, size), targets: rowsOf(windows.targets, first, size) });
  }
}
