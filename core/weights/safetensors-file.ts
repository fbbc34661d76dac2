/** A .safetensors file of any size: its header is read at once, each tensor when it is asked for. */
import { headerOf, lengthBytes, startOf } from "../arrays/safetensors-header.ts";
import { damagedWeights } from "../errors/errors.ts";
import { openFile } from "./file.ts";
import { toFloats, widths } from "./numbers.ts";
import type { StoredTensor, StoredTensors } from "./stored.ts";

/** Opens a file. Throws `weights.invalid` where it is damaged. */
export function openSafetensors(path: string): StoredTensors {
  const file = openFile(path);
  const damaged = (problem: string) => damagedWeights(path, problem);
  try {
    const start = startOf(file.read(0, Math.min(lengthBytes, file.size)), file.size, damaged);
    const json = file.read(lengthBytes, start - lengthBytes);
    const { entries } = headerOf(json, { start, size: file.size, widths }, damaged);
    const tensors = entries.map(([name, { dtype, shape, data_offsets: at }]): [string, StoredTensor] => [
      name,
      {
        shape,
        dtype,
        read: () => toFloats(dtype, file.read(start + at[0], at[1] - at[0]), `${path}: ${name}`),
      },
    ]);
    return { tensors: new Map(tensors), close: () => file.close() };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}
