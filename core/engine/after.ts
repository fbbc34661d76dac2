/** Order between parts of a step that no value passes between. */
import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import { tf } from "./tensorflow.ts";

/** A backend that computes later than it is asked to says so with this. */
interface KnowsOrder {
  after(x: TensorInfo, before: readonly TensorInfo[]): TensorInfo;
}

/**
 * `x`, for an engine that chooses the order in which it computes: only once all of `before` are computed, so that what those alone
 * need is free again before anything is made from `x`; in their order, if it is free to choose. Elsewhere they are computed already.
 */
export function after(x: Tensor, before: readonly Tensor[]): Tensor {
  const backend = tf.backend();
  const made = (backend as unknown as Partial<KnowsOrder>).after?.(x, before);
  return made === undefined ? x : tf.engine().makeTensorFromDataId(made.dataId, x.shape, x.dtype, backend);
}
