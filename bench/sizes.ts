/** The models that are timed, by name; PyTorch's script gets the same numbers. */
import type { StepPlan } from "../core/step/step.ts";
import { planWith } from "../testing/plan.ts";

export interface Size {
  readonly n_layers: number;
  readonly d_model: number;
  readonly d_mlp: number;
  readonly n_heads: number;
  readonly n_ctx: number;
  readonly batch_size: number;
  readonly d_vocab: number;
}

const tokens = { n_heads: 4, n_ctx: 64, batch_size: 16, d_vocab: 256 };

export const sizes = {
  mid: { n_layers: 6, d_model: 256, d_mlp: 4096, ...tokens },
  small: { n_layers: 4, d_model: 128, d_mlp: 1024, ...tokens },
  /** Whose activations are larger than its state: 2048 tokens. */
  wide: { n_layers: 2, d_model: 256, d_mlp: 8192, ...tokens, n_ctx: 128 },
  /** Whose layers are wide enough for products in blocks of rows. */
  broad: { n_layers: 2, d_model: 512, d_mlp: 16_384, ...tokens },
  /** For thousands of steps. */
  tiny: { n_layers: 2, d_model: 32, d_mlp: 256, ...tokens, batch_size: 4 },
} satisfies Record<string, Size>;

export type SizeName = keyof typeof sizes;

/** The train step's plan for a size of this table in so many micro-batches, everything else at its default. */
export function planOf(name: SizeName, accumulate = 1): StepPlan {
  const size: Size = sizes[name];
  return planFor({ ...size, batch_size: size.batch_size / accumulate }, 1, accumulate);
}

/** The same for any size; `times` as many sequences a micro-batch. */
export function planFor({ batch_size, d_vocab, ...model }: Size, times = 1, accumulate = 1): StepPlan {
  return planWith({ model, train: { batch_size: batch_size * times, accumulate } }, d_vocab);
}
