import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { internal } from "../../../../core/errors/errors.ts";
import { damagedLog } from "../errors.ts";
import { blockSize, chunkHeaderSize, chunkType, fileHeader } from "./format.ts";

/** One record and the position in the file after it. */
export interface LoggedRecord {
  readonly payload: Buffer;
  readonly end: number;
}

/**
 * Reads a transaction log from the front, also one that still grows: `next` gives undefined at the end of what is whole, and
 * goes on later where it stopped. A torn tail counts as not yet written; damage before the end throws.
 */
export class LogReader {
  readonly path: string;
  readonly #fd: number;
  readonly #block: Buffer = Buffer.alloc(blockSize);
  #blockIndex = -1;
  #blockLength = 0;
  #position = 0;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "r");
  }

  /** Tells this file from one that took its place under the same path. */
  get generation(): number {
    return fstatSync(this.#fd).ino;
  }

  /** The position after the last whole record that was read. */
  get position(): number {
    return this.#position;
  }

  next(): LoggedRecord | undefined {
    const record = this.#record();
    // What was read of a torn tail may be written anew.
    if (record === undefined) this.#blockIndex = -1;
    return record;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #record(): LoggedRecord | undefined {
    if (this.#position === 0 && !this.#header()) return undefined;
    const parts: Buffer[] = [];
    let at = this.#position;
    for (;;) {
      const left = blockSize - (at % blockSize);
      if (left < chunkHeaderSize) at += left;
      const chunk = this.#chunk(at);
      if (chunk === undefined) return undefined;
      const starts = chunk.type === chunkType.full || chunk.type === chunkType.first;
      if (starts !== (parts.length === 0)) throw damagedLog(this.path, at, "a record ends before its last chunk");
      parts.push(chunk.payload);
      at = chunk.end;
      if (chunk.type === chunkType.full || chunk.type === chunkType.last) break;
    }
    this.#position = at;
    return { payload: parts.length === 1 ? parts[0]! : Buffer.concat(parts), end: at };
  }

  #header(): boolean {
    const header = this.#bytes(0, fileHeader.length);
    if (header === undefined) return false;
    if (!header.equals(fileHeader)) throw damagedLog(this.path, 0, "this is not a W&B transaction log of version 0");
    this.#position = fileHeader.length;
    return true;
  }

  #chunk(at: number): { type: number; payload: Buffer; end: number } | undefined {
    const header = this.#bytes(at, chunkHeaderSize);
    if (header === undefined) return undefined;
    const length = header.readUInt16LE(4);
    const type = header[6] ?? 0;
    const end = at + chunkHeaderSize + length;
    const fits = type >= 1 && type <= 4 && chunkHeaderSize + length <= blockSize - (at % blockSize);
    const body = fits ? this.#bytes(at + 6, 1 + length) : undefined;
    if (body !== undefined && crc32(body) === header.readUInt32LE(0)) {
      return { type, payload: Buffer.from(body.subarray(1)), end };
    }
    if (this.#chunkAfter(at)) throw damagedLog(this.path, at, "a checksum does not match");
    return undefined;
  }

  /** Whether a valid chunk stands anywhere after `at`: if not, what is there is a write that was cut short. */
  #chunkAfter(at: number): boolean {
    const window = Buffer.alloc(2 * blockSize);
    for (let from = at + 1; ; from += blockSize) {
      const length = readSync(this.#fd, window, 0, window.length, from);
      for (let i = 0; i < Math.min(blockSize, length - chunkHeaderSize); i++) {
        const type = window[i + 6]!;
        if (type < 1 || type > 4) continue;
        const end = i + chunkHeaderSize + window.readUInt16LE(i + 4);
        if (end <= length && crc32(window.subarray(i + 6, end)) === window.readUInt32LE(i)) return true;
      }
      if (length < window.length) return false;
    }
  }

  /** `length` bytes inside one block, or undefined where the file is shorter. */
  #bytes(at: number, length: number): Buffer | undefined {
    const index = Math.floor(at / blockSize);
    const offset = at % blockSize;
    if (offset + length > blockSize) throw internal(`read of ${length} bytes across a block at ${at}`);
    if (index !== this.#blockIndex || offset + length > this.#blockLength) {
      this.#blockLength = readSync(this.#fd, this.#block, 0, blockSize, index * blockSize);
      this.#blockIndex = index;
    }
    return offset + length <= this.#blockLength ? this.#block.subarray(offset, offset + length) : undefined;
  }
}
