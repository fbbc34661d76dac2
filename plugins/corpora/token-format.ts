/** Files of token ids: which of the formats that people write them in it is. */
import { isUtf8 } from "node:buffer";
import { endianness } from "node:os";
import type { Ids } from "../../core/arrays/token-ids.ts";
import { invalidData, shown } from "../../core/errors/errors.ts";

/** How the ids are stored. */
export interface TokenFormat {
  readonly name: string;
  readonly width: 2 | 4 | 8;
  /** Bytes before the first id. */
  readonly offset: number;
  /** Ids that the header promises. */
  readonly count?: number;
  /** Whether nothing in the file says so. */
  readonly guessed?: boolean;
}

/** Magic numbers of the shards of llm.c and modded-nanogpt: 256 int32 of header, then ids. */
const shards: Readonly<Record<number, 2 | 4>> = { 20240520: 2, 20240801: 4 };
const shardHeader = 1024;

/** Ids up to which high halves of zero are looked for; many fewer ids than these cannot tell 16 from 32 bits. */
const enoughIds = 16;

/** How the user says that a file without a header stores its ids. */
export type Dtype = "auto" | "uint16" | "uint32";

/**
 * Finds out the format of a file of `size` bytes that begins with `head`, and how many ids it has. Throws `data.invalid` for what
 * holds none, or was cut off.
 */
export function formatOf(head: Buffer, size: number, dtype: Dtype, file: string): TokenFormat & { count: number } {
  if (size === 0) throw invalidData(file, "expected uint16 token ids, got an empty file.");
  const format = namedFormat(head, dtype, file);
  const { name, width, offset, count } = format;
  const body = size - offset;
  if (body % width !== 0 || (count !== undefined && body !== count * width)) {
    const promised = count === undefined ? "" : ` (${count} by its header)`;
    const what = `expected ${name} token ids, ${width} bytes each${promised}, got ${body} bytes`;
    throw invalidData(file, `${what}. It may be cut off.`);
  }
  if (body === 0) throw invalidData(file, `expected ${name} token ids, got none.`);
  return { ...format, count: body / width };
}

function namedFormat(head: Buffer, dtype: Dtype, file: string): TokenFormat {
  if (head.subarray(0, 6).equals(Buffer.from("\u0093NUMPY", "latin1"))) return numpyFormat(head, file);
  const width = head.length >= shardHeader ? shards[head.readInt32LE(0)] : undefined;
  if (width !== undefined) {
    return { name: "llm.c shard", width, offset: shardHeader, count: head.readInt32LE(8) };
  }
  if (dtype !== "auto") return { name: dtype, width: dtype === "uint16" ? 2 : 4, offset: 0 };
  if (looksLikeText(head))
    throw invalidData(file, "expected token ids, got what reads as text. Use the corpus `text`.");
  if (hasEmptyHighHalves(head)) return { name: "uint32", width: 4, offset: 0, guessed: true };
  return { name: "uint16", width: 2, offset: 0 };
}

/** The ids in these bytes, a whole number of them. Ids of 64 bits become 32; what does not fit comes as the highest. */
export function idsOf(bytes: ArrayBuffer, width: TokenFormat["width"]): Ids {
  if (endianness() === "BE") {
    const own = Buffer.from(bytes);
    if (width === 2) own.swap16();
    else if (width === 4) own.swap32();
    else own.swap64();
  }
  if (width === 2) return new Uint16Array(bytes);
  if (width === 4) return new Uint32Array(bytes);
  return Uint32Array.from(new BigUint64Array(bytes), (id) => Math.min(Number(id), 0xffff_ffff));
}

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function numpyFormat(bytes: Buffer, file: string): TokenFormat {
  const wide = (bytes[6] ?? 0) >= 2;
  const start = wide ? 12 : 10;
  const length = bytes.length < start ? 0 : wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.subarray(start, start + length).toString("latin1");
  const descr = /'descr': '([^']*)'/.exec(header)?.[1] ?? "";
  const shape = /'shape': \((\d+),\)/.exec(header)?.[1];
  const width = /^<[ui]([248])$/.exec(descr)?.[1];
  if (width === undefined || shape === undefined) {
    const problem = "expected a NumPy array of one dimension, uint16, uint32 or int64, little-endian";
    throw invalidData(file, `${problem}, got ${shown(header.trim() || "no header")}.`);
  }
  return { name: `NumPy ${descr}`, width: Number(width) as 2 | 4 | 8, offset: start + length, count: Number(shape) };
}

/** uint32 ids below 65536 read as uint16 would be zero at every second place. */
function hasEmptyHighHalves(bytes: Buffer): boolean {
  if (bytes.length % 4 !== 0 || bytes.length < 4 * enoughIds) return false;
  let others = false;
  for (let at = 0; at + 3 < bytes.length; at += 4) {
    if (bytes[at + 2] !== 0 || bytes[at + 3] !== 0) return false;
    others ||= bytes[at] !== 0 || bytes[at + 1] !== 0;
  }
  return others;
}

function looksLikeText(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 4096);
  if (start.length < 64 || !isUtf8(start.subarray(0, start.length - 4))) return false;
  return start.subarray(0, start.length - 4).every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
}
