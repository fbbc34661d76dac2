import { createRandom } from "../../core/arrays/random.ts";
import type { Run } from "../../core/contract/run.ts";
import type { Row } from "../../core/contract/sink.ts";

/** When the runs of tests start, ms since 1970. */
export const runStart = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A run as a plugin sees it. */
export function testRun(dir: string, change: Partial<Run> = {}): Run {
  return {
    id: "20260102-030405-abcd",
    name: "a run",
    dir,
    seed: 1,
    config: { train: { lr: 0.003 }, seed: 1 },
    model: { n_layers: 2, d_model: 8, n_heads: 2, d_mlp: 16, n_ctx: 4, d_vocab: 256 },
    layers: [],
    held: [],
    batchSize: 4,
    tokensPerStep: 16,
    steps: 100,
    warmupSteps: 3,
    startedAt: runStart,
    metrics: [{ key: "train/loss", description: "mean loss" }],
    charts: [],
    ...change,
  };
}

/** The row of a step: its numbers depend on step and seed alone, some are NaN or infinite; those of other seeds have other times. */
export function testRow(step: number, seed = 1): Row {
  const random = createRandom(seed * 100_003 + step, "test row");
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][random.integer(40)];
  return {
    seq: step - 1,
    step,
    tokens: step * 16,
    time: runStart + step * 1500 + (seed % 50) * 20 + random.integer(20),
    metrics: { "train/loss": odd ?? random.normal(), "perf/tokens_per_s": random.next() * 1e6, "a/b/layer_0": -step },
    arrays: {},
  };
}
