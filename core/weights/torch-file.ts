/** A file that `torch.save` made from a state dictionary (pytorch_model.bin): a zip archive of a pickle and of raw numbers. */
import { sizeOf } from "../arrays/ndarray.ts";
import { damagedWeights, refusedWeights } from "../errors/errors.ts";
import { type OpenFile, openFile } from "./file.ts";
import { toFloats, widths } from "./numbers.ts";
import { bytesOf, type Pickled, type PickledTensor, unpickle } from "./pickle.ts";
import type { StoredTensor, StoredTensors } from "./stored.ts";
import { type ZipEntry, zipEntries } from "./zip.ts";

/** Opens a file without running anything in it. Throws `weights.invalid` where it is damaged or asks for more than tensors. */
export function openTorchFile(path: string): StoredTensors {
  const file = openFile(path);
  try {
    return { tensors: tensorsOf(file), close: () => file.close() };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

function tensorsOf(file: OpenFile): Map<string, StoredTensor> {
  const { path } = file;
  const damaged = (problem: string) => damagedWeights(path, problem);
  if (file.size < 4 || new DataView(file.read(0, 4).buffer).getUint32(0, true) !== 0x0403_4b50) {
    throw damaged("expected a zip archive, as PyTorch 1.6 and later save; load and save it again with a newer PyTorch");
  }
  const entries = zipEntries(file, damaged);
  const list = [...entries].filter(([name]) => /^[^/]+\/data\.pkl$/.test(name));
  if (list.length !== 1) throw damaged(`expected one data.pkl in it, got ${list.length}`);
  const [name, { start, size }] = list[0]!;
  const folder = name.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(file.read(order.start, Math.min(order.size, 16))).trim() !== "little") {
    throw damaged("its numbers are not little-endian");
  }

  const pickled = unpickle(file.read(start, size), (problem) => refusedWeights(path, problem));
  const found = new Map<string, StoredTensor>();
  for (const [key, tensor] of named(pickled)) {
    const where = `${path}: ${key.slice(0, 80)}`;
    const entry = entries.get(`${folder}data/${tensor.storage.key}`);
    if (entry === undefined) throw damagedWeights(where, "its numbers are not in the archive");
    check(tensor, entry, where);
    found.set(key, storedTensor(file, tensor, entry, where));
  }
  if (found.size === 0) throw damaged("it holds no tensors");
  return found;
}

/** The tensors of a state dictionary, or of the one under `state_dict` or `model` in a training checkpoint. */
function named(pickled: Pickled): [string, PickledTensor][] {
  if (!(pickled instanceof Map)) return [];
  for (const map of [pickled, pickled.get("state_dict"), pickled.get("model")]) {
    if (!(map instanceof Map)) continue;
    const tensors = [...map].filter(
      (entry): entry is [string, PickledTensor] => typeof entry[0] === "string" && isTensor(entry[1]),
    );
    if (tensors.length > 0) return tensors;
  }
  return [];
}

function isTensor(value: Pickled): value is PickledTensor {
  return typeof value === "object" && value !== null && "is" in value && value.is === "tensor";
}

/** A storage must have the size that it claims, and a tensor must lie within it. */
function check({ storage, offset, shape, strides }: PickledTensor, entry: ZipEntry, where: string): void {
  if (entry.size !== bytesOf(storage)) {
    throw damagedWeights(where, `its storage claims ${bytesOf(storage)} bytes, the archive has ${entry.size}`);
  }
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  const empty = shape.includes(0);
  if (!empty && (!Number.isSafeInteger(last) || last >= storage.length || sizeOf(shape) > storage.length)) {
    throw damagedWeights(where, `[${shape}] from ${offset} on does not fit its storage of ${storage.length}`);
  }
}

function storedTensor(file: OpenFile, tensor: PickledTensor, entry: ZipEntry, where: string): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  const { dtype } = storage;
  const width = widths[dtype];
  return {
    shape,
    dtype,
    read: () => {
      const size = sizeOf(shape);
      if (isContiguous(shape, strides)) {
        return toFloats(dtype, file.read(entry.start + offset * width, size * width), where);
      }
      return gathered(toFloats(dtype, file.read(entry.start, entry.size), where), tensor);
    },
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** The elements of a transposed or otherwise strided tensor, in row-major order. */
function gathered(storage: Float32Array, { offset, shape, strides }: PickledTensor): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let from = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = storage[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
