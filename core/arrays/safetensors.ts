/**
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length (little endian), a JSON
 * header padded with spaces to a multiple of 8, then the arrays without gaps. Wider elements come first, so that every
 * array is aligned; the header keeps the caller's order, which is also the order that `decodeSafetensors` gives back.
 */
import { damagedFile, internal } from "../errors/errors.ts";
import { type Arrays, type NDArray, sizeOf, type TypedArray } from "./ndarray.ts";

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

const lengthBytes = 8;
/** The reference implementation refuses longer headers. */
const longestHeader = 100_000_000;

interface Entry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** What a file holds. The arrays are views on the bytes where alignment allows, so the bytes must not be written again. */
export interface Safetensors {
  readonly arrays: Arrays;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a safetensors file. */
export function encodeSafetensors(arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = Object.keys(arrays);
  const offsets = new Map<string, readonly [number, number]>();
  let end = 0;
  for (const name of [...names].sort((a, b) => width(arrays[b]!) - width(arrays[a]!))) {
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
  const start = lengthBytes + Math.ceil(header.length / 8) * 8;

  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - lengthBytes), true);
  bytes.set(header, lengthBytes);
  bytes.fill(0x20, lengthBytes + header.length, start);
  for (const name of names) {
    const { buffer, byteOffset, byteLength } = arrays[name]!.data;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), start + offsets.get(name)![0]);
  }
  return bytes;
}

/** Reads a safetensors file, trusting nothing in it. `where` (a path) begins the message of the error. */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const damaged = (problem: string) => damagedFile(where, problem);
  if (bytes.length < lengthBytes) throw damaged(`expected a safetensors file, got ${bytes.length} bytes`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (headerLength > BigInt(Math.min(longestHeader, bytes.length - lengthBytes))) {
    throw damaged(`the header claims ${headerLength} bytes of a file of ${bytes.length}`);
  }
  const start = lengthBytes + Number(headerLength);
  const header = parsedHeader(bytes.subarray(lengthBytes, start));
  if (header === undefined) throw damaged("the header is not a JSON object");

  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw damaged("`__metadata__` must map strings to strings");
  }
  const entries: [string, Entry][] = Object.entries(rest).map(([name, entry]) => {
    const problem = problemOf(entry);
    if (problem !== undefined) throw damaged(`array \`${name.slice(0, 60)}\`: ${problem}`);
    return [name, entry as Entry];
  });
  let end = 0;
  for (const [name, { data_offsets: at }] of [...entries].sort(byOffset)) {
    if (at[0] !== end) throw damaged(`array \`${name.slice(0, 60)}\` begins at ${at[0]}, expected ${end}`);
    end = at[1];
  }
  if (start + end !== bytes.length) throw damaged(`expected ${start + end} bytes, got ${bytes.length}`);
  const arrays = entries.map(([name, entry]) => [name, viewOf(bytes, start, entry)] as const);
  return { arrays: Object.fromEntries(arrays), metadata: metadata as Record<string, string> };
}

function parsedHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(header) ? header : undefined;
  } catch {
    return undefined;
  }
}

function problemOf(entry: unknown): string | undefined {
  if (!isRecord(entry)) return "expected an object";
  const { dtype, shape, data_offsets: at } = entry;
  if (!dtypes.includes(dtype as DType)) return `expected a dtype of ${dtypes.join(", ")}, got ${JSON.stringify(dtype)}`;
  if (!isSizes(shape)) return "the shape must be a list of sizes";
  if (!isSizes(at) || at.length !== 2) return "data_offsets must be two offsets";
  const size = sizeOf(shape) * constructors[dtype as DType].BYTES_PER_ELEMENT;
  return at[1]! - at[0]! === size ? undefined : `${dtype} [${shape}] takes ${size} bytes, got ${at[1]! - at[0]!}`;
}

function viewOf(bytes: Uint8Array, start: number, { dtype, shape, data_offsets: at }: Entry): NDArray {
  const View = constructors[dtype];
  const length = (at[1] - at[0]) / View.BYTES_PER_ELEMENT;
  const offset = bytes.byteOffset + start + at[0];
  if (offset % View.BYTES_PER_ELEMENT === 0)
    return { shape, data: new View(bytes.buffer as ArrayBuffer, offset, length) };
  return { shape, data: new View(bytes.slice(start + at[0], start + at[1]).buffer) };
}

/** By begin, then by end, so that an empty array comes before the one that begins where it stands. */
function byOffset([, a]: [string, Entry], [, b]: [string, Entry]): number {
  return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
}

function dtypeOf(data: TypedArray): DType {
  const dtype = dtypes.find((name) => data instanceof constructors[name]);
  if (dtype === undefined) throw internal("an array of an element type that safetensors lacks");
  return dtype;
}

function width({ data }: NDArray): number {
  return data.BYTES_PER_ELEMENT;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
