/** The models that are timed on a GPU. Python's scripts get the same numbers. */
import type { StepPlan } from "../../core/step/step.ts";
import { planFor, type Size } from "../sizes.ts";

export const sizes = {
  small: { n_layers: 4, d_model: 128, d_mlp: 1024, n_heads: 4, n_ctx: 64, batch_size: 16, d_vocab: 256 },
  mid: { n_layers: 6, d_model: 256, d_mlp: 4096, n_heads: 4, n_ctx: 64, batch_size: 16, d_vocab: 256 },
  big: { n_layers: 6, d_model: 512, d_mlp: 8192, n_heads: 8, n_ctx: 128, batch_size: 32, d_vocab: 256 },
  /** The width of arXiv 2407.07848. */
  paper: { n_layers: 6, d_model: 512, d_mlp: 32768, n_heads: 8, n_ctx: 128, batch_size: 64, d_vocab: 8192 },
  /** For trying the scripts out. */
  tiny: { n_layers: 2, d_model: 32, d_mlp: 64, n_heads: 2, n_ctx: 16, batch_size: 4, d_vocab: 64 },
} satisfies Record<string, Size>;

export type SizeName = keyof typeof sizes;

/** The train step's plan for a size, everything else at its default; `times` as many sequences a step. */
export function planOf(name: SizeName, times = 1): StepPlan {
  return planFor(sizes[name], times);
}
