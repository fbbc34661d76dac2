/** Numbers as files of weights store them, made float32. */
import { damagedWeights } from "../errors/errors.ts";

/** Bytes of one element, by safetensors' names of dtypes. */
export const widths = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
export type StoredDType = keyof typeof widths;

/** The dtypes that weights can have; the others occur in files as buffers that no model here reads. */
const decoders: Partial<Record<StoredDType, (bytes: Uint8Array<ArrayBuffer>) => Float32Array>> = {
  F32: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
  F64: (bytes) => Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)),
  F16: fromHalf,
  BF16: fromBrain,
};

/** Little-endian bytes, aligned as a fresh array is, as float32. `where` names file and tensor. */
export function toFloats(dtype: StoredDType, bytes: Uint8Array<ArrayBuffer>, where: string): Float32Array {
  const decode = decoders[dtype];
  if (decode === undefined) throw damagedWeights(where, `expected floating point numbers, got ${dtype}`);
  return decode(bytes);
}

/** bfloat16 is the upper half of a float32. */
function fromBrain(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Every float16, by its bits; made when first needed. */
let halfTable: Float32Array | undefined;

function fromHalf(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  halfTable ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfValue(bits));
  const table = halfTable;
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
  return floats;
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
function halfValue(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
