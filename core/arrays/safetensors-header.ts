/** The header of a safetensors file, trusting nothing in it: names, dtypes, shapes and where the numbers lie. */
import type { ExperimentError } from "../errors/experiment-error.ts";
import { sizeOf } from "./ndarray.ts";

/** Bytes before the header: its length, little endian. */
export const lengthBytes = 8;
/** The reference implementation refuses longer headers. */
const longestHeader = 100_000_000;

/** One array as the header describes it. */
export interface HeaderEntry<DType extends string> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** First byte and end, counted from the end of the header. */
  readonly data_offsets: readonly [number, number];
}

/** A header that fits its file. */
export interface Header<DType extends string> {
  /** In the order of the file. */
  readonly entries: readonly (readonly [string, HeaderEntry<DType>])[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the numbers begin in the file. */
  readonly start: number;
}

/** Where the numbers begin, from the first 8 bytes of a file of `size` bytes. */
export function startOf(first: Uint8Array, size: number, damaged: (problem: string) => ExperimentError): number {
  if (size < lengthBytes) throw damaged(`expected a safetensors file, got ${size} bytes`);
  const length = new DataView(first.buffer, first.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(Math.min(longestHeader, size - lengthBytes))) {
    throw damaged(`the header claims ${length} bytes of a file of ${size}`);
  }
  return lengthBytes + Number(length);
}

/** Reads the header that ends at `start`; `widths` are the dtypes that may occur, with the bytes of an element. */
export function headerOf<DType extends string>(
  json: Uint8Array,
  { start, size, widths }: { readonly start: number; readonly size: number; readonly widths: Record<DType, number> },
  damaged: (problem: string) => ExperimentError,
): Header<DType> {
  const header = parsed(json);
  if (header === undefined) throw damaged("the header is not a JSON object");
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw damaged("`__metadata__` must map strings to strings");
  }
  const entries = Object.entries(rest).map(([name, entry]) => {
    const problem = problemOf(entry, widths);
    if (problem !== undefined) throw damaged(`array \`${name.slice(0, 60)}\`: ${problem}`);
    return [name, entry as HeaderEntry<DType>] as const;
  });
  let end = 0;
  for (const [name, { data_offsets: at }] of [...entries].sort(byOffset)) {
    if (at[0] !== end) throw damaged(`array \`${name.slice(0, 60)}\` begins at ${at[0]}, expected ${end}`);
    end = at[1];
  }
  if (start + end !== size) throw damaged(`expected ${start + end} bytes, got ${size}`);
  return { entries, metadata: metadata as Record<string, string>, start };
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(header) ? header : undefined;
  } catch {
    return undefined;
  }
}

function problemOf(entry: unknown, widths: Readonly<Record<string, number>>): string | undefined {
  if (!isRecord(entry)) return "expected an object";
  const { dtype, shape, data_offsets: at } = entry;
  const width = typeof dtype === "string" && Object.hasOwn(widths, dtype) ? widths[dtype] : undefined;
  if (width === undefined) {
    return `expected a dtype of ${Object.keys(widths).join(", ")}, got ${JSON.stringify(dtype)}`;
  }
  if (!isSizes(shape)) return "the shape must be a list of sizes";
  if (!isSizes(at) || at.length !== 2) return "data_offsets must be two offsets";
  const size = sizeOf(shape) * width;
  return at[1]! - at[0]! === size ? undefined : `${dtype} [${shape}] takes ${size} bytes, got ${at[1]! - at[0]!}`;
}

/** By begin, then by end, so that an empty array comes before the one that begins where it stands. */
function byOffset<D extends string>(
  [, a]: readonly [string, HeaderEntry<D>],
  [, b]: readonly [string, HeaderEntry<D>],
): number {
  return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
