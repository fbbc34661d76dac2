/** The inputs behind model.json, made from the same formula as in model.py. */
import { readFileSync } from "node:fs";
import { type NDArray, sizeOf } from "../../core/arrays/ndarray.ts";
import { configSchema, type ModelConfig, type TrainConfig } from "../../core/config/schema.ts";
import { defaultPlan } from "../../testing/plan.ts";

type Numbers = Readonly<Record<string, readonly number[]>>;

/** What PyTorch found for one configuration. `m`, `v` and `sites` are there for the first only. */
export interface GoldenCase {
  readonly case: Pick<ModelConfig, "activation" | "norm" | "bias" | "tie_embeddings"> &
    Pick<TrainConfig, "grad_clip" | "weight_decay">;
  readonly loss: number;
  readonly grad_norm: number;
  readonly logits: readonly number[];
  readonly grads: Numbers;
  readonly after: Numbers;
  readonly m?: Numbers;
  readonly v?: Numbers;
  readonly sites?: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;
}

interface Golden {
  readonly setup: {
    readonly model: Partial<ModelConfig>;
    readonly train: Partial<TrainConfig>;
    readonly d_vocab: number;
    readonly batch_size: number;
    readonly step: number;
  };
  readonly cases: readonly GoldenCase[];
}

export const golden = JSON.parse(readFileSync(new URL("model.json", import.meta.url), "utf8")) as Golden;

/** The plan, state and batch of a case. The learning rate is constant, so that `setup.step` has the one of model.py. */
export function goldenInputs({ case: own }: GoldenCase) {
  const { setup } = golden;
  const { grad_clip, weight_decay, ...model } = own;
  const config = configSchema.parse({
    model: { ...setup.model, ...model },
    train: { ...setup.train, grad_clip, weight_decay, batch_size: setup.batch_size, warmup_steps: 0, min_lr: 1 },
  });
  const plan = defaultPlan(config, setup.d_vocab);
  const state: Record<string, NDArray<Float32Array>> = {};
  Object.entries(plan.model.parameters).forEach(([name, shape], i) => {
    const array = (stream: number, of: (u: number) => number) => ({
      shape,
      data: uniform(stream, sizeOf(shape)).map(of),
    });
    state[name] = array(10 + i, name.endsWith(".w") ? (u) => 1 + 0.25 * u : (u) => 0.5 * u);
    state[`adam.m/${name}`] = array(110 + i, (u) => 0.01 * u);
    state[`adam.v/${name}`] = array(210 + i, (u) => 1e-4 * (u + 1));
  });
  const width = config.model.n_ctx + 1;
  const ids = uniform(1, setup.batch_size * width).map((u) => Math.floor(((u + 1) / 2) * setup.d_vocab));
  const windows = Array.from({ length: setup.batch_size }, (_, i) => [...ids.subarray(i * width, (i + 1) * width)]);
  const batch = (from: number): NDArray<Int32Array> => ({
    shape: [setup.batch_size, width - 1],
    data: Int32Array.from(windows.flatMap((window) => window.slice(from, from + width - 1))),
  });
  return { plan, state, step: setup.step, tokens: batch(0), targets: batch(1) };
}

/** `count` float32 numbers in [-1, 1), the same in every language: 32-bit integer hashing only. */
function uniform(stream: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let h = (Math.imul(stream, 0x9e3779b1) + i) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}
