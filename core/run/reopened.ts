/** A finished or running run, opened to look at its checkpoints on its own data; nothing is trained and nothing written. */

import type { Arrays, NDArray } from "../arrays/ndarray.ts";
import { type Checkpoint, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import { parseWith } from "../config/check.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { type Dataset, loadDataset } from "../data/dataset.ts";
import { createSampler } from "../data/sampler.ts";
import { type EvalWindows, evalWindows } from "../data/windows.ts";
import { createEngine } from "../engine/choose.ts";
import type { Engine, Program } from "../engine/engine.ts";
import type { PluginTable } from "../host/registry.ts";
import { choosePlugins } from "../host/resolve.ts";
import { windowLosses } from "../model/operations.ts";
import { readRun } from "../record/runs.ts";
import { frozenStep, type StepPlan } from "../step/step.ts";

/** A run whose checkpoints can be looked at. */
export interface Reopened {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly load: (path: string) => Checkpoint;
  /** Held-out windows, spread evenly over the held-out text: so many, or all where there are fewer. */
  heldOut(count: number): EvalWindows;
  /** The run's own evaluation windows under a state. */
  evaluate(state: Arrays): Promise<WindowScores>;
  /** Firings of each unit in each of some windows: `each` gets them batch by batch, counts `[windows d_mlp]` layer by layer. */
  look(
    state: Arrays,
    windows: EvalWindows,
    each: (first: number, layers: readonly Int32Array[]) => void,
  ): Promise<void>;
  /**
   * Firings of each unit, `[layer][d_mlp]`, over training text in an order of its own: the same text for every checkpoint of
   * the same data and seed.
   */
  firings(state: Arrays, sequences: number): Promise<Int32Array[]>;
  close(): Promise<void>;
}

/** Mean loss (nats per token) and share of tokens foretold of each window, and the document that each is of. */
export interface WindowScores {
  readonly losses: readonly number[];
  readonly correct: readonly number[];
  readonly documents: Int32Array;
}

/** Opens the run in `dir`. */
export async function reopen(dir: string, plugins: PluginTable): Promise<Reopened> {
  const { run } = readRun(dir);
  const config = parseWith(configSchema, { ...run.config, analyzers: {}, sinks: {} }, [], run.sources);
  const loaded = { config, sources: run.sources, file: undefined, baseDir: run.baseDir };
  const { corpus } = await choosePlugins(loaded, plugins);
  const { n_ctx, n_layers } = config.model;
  const { tokenizer, eval_fraction } = config.data;
  const { plugin, options } = corpus;
  const request = { corpus: plugin, options, baseDir: run.baseDir, tokenizer, eval_fraction, n_ctx, seed: config.seed };
  const dataset = await loadDataset(request);
  const engine = await createEngine(config.engine);
  const plan = { model: config.model, train: config.train, d_vocab: dataset.d_vocab };
  const held = evalWindows(dataset, n_ctx, config.eval.windows);
  const together = Math.min(config.train.batch_size, held.count);
  const programs = new Map<string, Promise<Program>>();
  /** Compiles a program when it is first asked for. */
  const program = (name: string, make: () => Promise<Program>) => {
    const found = programs.get(name) ?? make();
    programs.set(name, found);
    return found;
  };

  return {
    config,
    dataset,
    load: (path) => loadCheckpoint(path),
    heldOut: (count) => evalWindows(dataset, n_ctx, count),
    evaluate: (state) =>
      withState(engine, state, async (uploaded) => {
        const losses: number[] = [];
        const correct: number[] = [];
        const score = await program("score", () => scoreProgram(engine, plan, together));
        await inBatches(held, together, async (first, batch) => {
          const outputs = await score.run(uploaded, batch);
          for (const [into, name] of [
            [losses, "losses"],
            [correct, "correct"],
          ] as const) {
            const values = outputs[`probe/scores/${name}`]!.data;
            for (let i = 0; i < values.length; i++) into[first + i] = values[i]!;
          }
        });
        return { losses, correct, documents: held.documents };
      }),
    look: (state, windows, each) =>
      withState(engine, state, async (uploaded) => {
        const size = Math.min(config.train.batch_size, windows.count);
        const count = await program(`windows ${size}`, () => countProgram(engine, plan, size, 1));
        await inBatches(windows, size, async (first, batch) => {
          const outputs = await count.run(uploaded, batch);
          const layers = Array.from({ length: n_layers }, (_, layer) => outputs[`probe/firings/counts/${layer}`]!);
          each(first, layers.map(({ data }) => data as Int32Array)); // biome-ignore format: one line
        });
      }),
    firings: (state, sequences) =>
      withState(engine, state, async (uploaded) => {
        const count = await program("batches", () => countProgram(engine, plan, config.train.batch_size, [0, 1]));
        const sampler = createSampler(dataset.train, { n_ctx, seed: config.seed, order: lookOrder });
        const totals = Array.from({ length: n_layers }, () => new Int32Array(config.model.d_mlp));
        for (let seen = 0; seen < sequences; seen += config.train.batch_size) {
          const outputs = await count.run(uploaded, { ...sampler.next(config.train.batch_size) });
          for (const [layer, total] of totals.entries()) {
            const counts = outputs[`probe/firings/counts/${layer}`]!.data;
            for (let i = 0; i < total.length; i++) total[i]! += counts[i]!;
          }
        }
        return totals;
      }),
    close: async () => {
      for (const made of programs.values()) (await made).dispose();
      await engine.dispose();
    },
  };
}

/** A data order that no training uses. */
const lookOrder = 1_000_003;

type Uploaded = Awaited<ReturnType<Engine["upload"]>>;

async function withState<T>(engine: Engine, state: Arrays, look: (uploaded: Uploaded) => Promise<T>): Promise<T> {
  const uploaded = await engine.upload(state);
  try {
    return await look(uploaded);
  } finally {
    engine.release(uploaded);
  }
}

/** Hands over all windows, `size` at a time; the last batch overlaps the one before where they do not come out even. */
async function inBatches(
  windows: EvalWindows,
  size: number,
  each: (first: number, batch: Record<"tokens" | "targets", NDArray<Int32Array>>) => Promise<void>,
): Promise<void> {
  const rows = ({ shape, data }: NDArray<Int32Array>, first: number) => {
    const width = shape[1]!;
    return { shape: [size, width], data: data.subarray(first * width, (first + size) * width) };
  };
  for (let done = 0; done < windows.count; done += size) {
    const first = Math.min(done, windows.count - size);
    await each(first, { tokens: rows(windows.tokens, first), targets: rows(windows.targets, first) });
  }
}

/** Counts the tokens at which each unit fires: summed over `axes` of `[batch pos d_mlp]`. */
function countProgram(engine: Engine, plan: StepPlan, sequences: number, axes: number | number[]): Promise<Program> {
  const { step, signature } = frozenStep({
    ...plan,
    sequences,
    probe: {
      name: "firings",
      sites: ["mlp_post"],
      probe: ({ mlp_post }, { tf }) => ({
        counts: mlp_post.map((post) => tf.cast(tf.sum(tf.step(post), axes), "int32")), // [d_mlp] or [batch d_mlp]
      }),
    },
  });
  return engine.compile(step, signature, "counting firings");
}

/** Mean loss of each window, and the share of its tokens that are the likeliest by the model. */
function scoreProgram(engine: Engine, plan: StepPlan, sequences: number): Promise<Program> {
  const { step, signature } = frozenStep({
    ...plan,
    sequences,
    probe: {
      name: "scores",
      sites: ["logits"],
      probe: ({ logits }, { tf, targets }) => {
        const flat = tf.reshape(targets, [-1]); // [n]
        const hits = tf.cast(tf.equal(tf.argMax(logits, -1), targets), "float32"); // [batch pos]
        const rows = tf.reshape(logits, [-1, logits.shape[2]!]); // [n d_vocab]
        return { losses: windowLosses(rows, flat, sequences), correct: tf.mean(hits, 1) };
      },
    },
  });
  return engine.compile(step, signature, "scores");
}
