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
import { readRun } from "../record/runs.ts";
import { evalStep, frozenStep, type StepPlan } from "../step/step.ts";

/** A run whose checkpoints can be looked at. */
export interface Reopened {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly load: (path: string) => Checkpoint;
  /** Mean loss of each held-out window under a state, nats per token. */
  losses(state: Arrays): Promise<number[]>;
  /**
   * Firings of each unit, `[layer][d_mlp]`, over training text in an order of its own: the same text for every checkpoint of
   * the same data and seed.
   */
  firings(state: Arrays, sequences: number): Promise<Int32Array[]>;
  close(): Promise<void>;
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
  const evaluation = evalStep({ ...plan, windows: together });
  const programs = {
    evaluate: await engine.compile(evaluation.step, evaluation.signature, "evaluation"),
    count: await countProgram(engine, plan, config.train.batch_size),
  };

  return {
    config,
    dataset,
    load: (path) => loadCheckpoint(path),
    losses: (state) =>
      withState(engine, state, (uploaded) => windowLosses(programs.evaluate, uploaded, held, together)),
    firings: (state, sequences) =>
      withState(engine, state, async (uploaded) => {
        const sampler = createSampler(dataset.train, { n_ctx, seed: config.seed, order: lookOrder });
        const totals = Array.from({ length: n_layers }, () => new Int32Array(config.model.d_mlp));
        for (let seen = 0; seen < sequences; seen += config.train.batch_size) {
          const outputs = await programs.count.run(uploaded, { ...sampler.next(config.train.batch_size) });
          for (const [layer, total] of totals.entries()) {
            const counts = outputs[`probe/firings/counts/${layer}`]!.data;
            for (let i = 0; i < total.length; i++) total[i]! += counts[i]!;
          }
        }
        return totals;
      }),
    close: async () => {
      for (const program of Object.values(programs)) program.dispose();
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

async function windowLosses(program: Program, state: Uploaded, held: EvalWindows, together: number): Promise<number[]> {
  const losses: number[] = [];
  for (let first = 0; first + together <= held.count; first += together) {
    const rows = ({ shape, data }: NDArray<Int32Array>) => {
      const width = shape[1]!;
      return { shape: [together, width], data: data.subarray(first * width, (first + together) * width) };
    };
    const outputs = await program.run(state, { tokens: rows(held.tokens), targets: rows(held.targets) });
    losses.push(...(outputs.losses?.data ?? []));
  }
  return losses;
}

/** Counts, for each unit, the tokens of a batch at which it fires. */
async function countProgram(engine: Engine, plan: StepPlan, sequences: number): Promise<Program> {
  const { step, signature } = frozenStep({
    ...plan,
    sequences,
    probe: {
      name: "firings",
      sites: ["mlp_post"],
      probe: ({ mlp_post }, { tf }) => ({
        counts: mlp_post.map((post) => tf.cast(tf.sum(tf.step(post), [0, 1]), "int32")), // [d_mlp]
      }),
    },
  });
  return engine.compile(step, signature, "counting firings");
}
