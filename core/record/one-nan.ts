import type { NDArray } from "../arrays/ndarray.ts";

/** NaN has many bit patterns, and which one a division gives is the processor's and the compiler's choice: on disk it has one. */
export function oneNaN(array: NDArray): NDArray {
  const { data } = array;
  if (!(data instanceof Float32Array || data instanceof Float64Array) || !data.some(Number.isNaN)) return array;
  const copy = data.slice();
  const bytes = new DataView(copy.buffer);
  for (let i = 0; i < copy.length; i++) {
    if (!Number.isNaN(copy[i])) continue;
    if (copy instanceof Float32Array) bytes.setUint32(4 * i, 0x7fc00000, true);
    else bytes.setBigUint64(8 * i, 0x7ff8000000000000n, true);
  }
  return { ...array, data: copy };
}
