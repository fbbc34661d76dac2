/**
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length (little endian), a JSON
 * header padded with spaces to a multiple of 8, then the arrays without gaps. Wider elements come first, so that every
 * array is aligned; the header keeps the caller's order, which is also the order that `decodeSafetensors` gives back.
 */
import { damagedFile, internal } from "../errors/errors.ts";
import { type Arrays, type NDArray, sizeOf, type TypedArray } from "./ndarray.ts";
import { type HeaderEntry, headerOf, lengthBytes, startOf } from "./safetensors-header.ts";

const constructors = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
} as const;
type DType = keyof typeof constructors;
const dtypes = Object.keys(constructors) as readonly DType[];

const widths = Object.fromEntries(dtypes.map((dtype) => [dtype, constructors[dtype].BYTES_PER_ELEMENT])) as Readonly<
  Record<DType, number>
>;

type Entry = HeaderEntry<DType>;

/** What a file holds. The arrays are views on the bytes where alignment allows, so the bytes must not be written again. */
export interface Safetensors {
  readonly arrays: Arrays;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a safetensors file. */
export function encodeSafetensors(arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const pieces = safetensorsPieces(arrays, metadata);
  return pieces.length === 1 ? pieces[0]! : joined(pieces);
}

/** Arrays of so many bytes are pieces of their own. */
const large = 2 ** 20;

/** The same in pieces that follow each other: large arrays are the very bytes that were given, small ones lie together. */
export function safetensorsPieces(
  arrays: Arrays,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer>[] {
  const names = Object.keys(arrays);
  const offsets = new Map<string, readonly [number, number]>();
  let end = 0;
  const inOrder = [...names].sort((a, b) => width(arrays[b]!) - width(arrays[a]!));
  for (const name of inOrder) {
    const { shape, data } = arrays[name]!;
    if (name === "__metadata__") throw internal("`__metadata__` cannot be the name of an array");
    if (sizeOf(shape) !== data.length)
      throw internal(`${name}: shape [${shape}] does not hold ${data.length} elements`);
    offsets.set(name, [end, end + data.byteLength]);
    end += data.byteLength;
  }
  const entries = names.map((name): [string, Entry] => {
    const { shape, data } = arrays[name]!;
    return [name, { dtype: dtypeOf(data), shape, data_offsets: offsets.get(name)! }];
  });
  const about = Object.keys(metadata).length > 0 ? [["__metadata__", metadata] as const] : [];
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...about, ...entries])));
  const start = new Uint8Array(lengthBytes + Math.ceil(header.length / 8) * 8).fill(0x20, lengthBytes);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - lengthBytes), true);
  start.set(header, lengthBytes);

  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let small: Uint8Array<ArrayBuffer>[] = [start];
  for (const name of inOrder) {
    const { buffer, byteOffset, byteLength } = arrays[name]!.data;
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    if (byteLength < large) small.push(bytes);
    else {
      if (small.length > 0) pieces.push(joined(small));
      pieces.push(bytes);
      small = [];
    }
  }
  if (small.length > 0) pieces.push(joined(small));
  return pieces;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Reads a safetensors file, trusting nothing in it. `where` (a path) begins the message of the error. */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const damaged = (problem: string) => damagedFile(where, problem);
  const start = startOf(bytes, bytes.length, damaged);
  const file = { start, size: bytes.length, widths };
  const { entries, metadata } = headerOf(bytes.subarray(lengthBytes, start), file, damaged);
  return { arrays: Object.fromEntries(entries.map(([name, entry]) => [name, viewOf(bytes, start, entry)])), metadata };
}

function viewOf(bytes: Uint8Array, start: number, { dtype, shape, data_offsets: at }: Entry): NDArray {
  const View = constructors[dtype];
  const length = (at[1] - at[0]) / View.BYTES_PER_ELEMENT;
  const offset = bytes.byteOffset + start + at[0];
  if (offset % View.BYTES_PER_ELEMENT === 0)
    return { shape, data: new View(bytes.buffer as ArrayBuffer, offset, length) };
  return { shape, data: new View(bytes.slice(start + at[0], start + at[1]).buffer) };
}

function dtypeOf(data: TypedArray): DType {
  const dtype = dtypes.find((name) => data instanceof constructors[name]);
  if (dtype === undefined) throw internal("an array of an element type that safetensors lacks");
  return dtype;
}

function width({ data }: NDArray): number {
  return data.BYTES_PER_ELEMENT;
}
