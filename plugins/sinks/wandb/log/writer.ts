import { closeSync, constants, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { blockSize, chunkHeaderSize, chunkType, fileHeader } from "./format.ts";

/** Appends records to a transaction log. When `append` returns, the operating system has them: a SIGKILL loses nothing. */
export class LogWriter {
  readonly path: string;
  readonly #fd: number;
  #size: number;
  #torn = false;
  #frame: Buffer = Buffer.alloc(2 * blockSize);

  private constructor(path: string, fd: number, size: number) {
    this.path = path;
    this.#fd = fd;
    this.#size = size;
  }

  /** Starts a new log; throws if the file exists. */
  static create(path: string): LogWriter {
    const fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666);
    const log = new LogWriter(path, fd, 0);
    log.#write(fileHeader, fileHeader.length);
    return log;
  }

  /** Goes on after the first `size` bytes, which must end with a whole record; what comes after them is cut off. */
  static continue(path: string, size: number): LogWriter {
    const fd = openSync(path, constants.O_WRONLY);
    ftruncateSync(fd, size);
    return new LogWriter(path, fd, size);
  }

  /** Bytes in the file; always the end of a whole record. */
  get size(): number {
    return this.#size;
  }

  /** Appends records with one system call: all of them are in the file when it returns, or none when it throws. */
  append(...records: readonly Uint8Array[]): void {
    let used = 0;
    for (const record of records) used = this.#frameRecord(record, used);
    this.#write(this.#frame, used);
  }

  /** Waits until the disk itself has everything, against a loss of power. */
  flush(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #frameRecord(record: Uint8Array, start: number): number {
    let used = start;
    let taken = 0;
    for (let first = true; first || taken < record.length; first = false) {
      let left = blockSize - ((this.#size + used) % blockSize);
      if (left < chunkHeaderSize) {
        this.#reserve(used, left);
        this.#frame.fill(0, used, used + left);
        used += left;
        left = blockSize;
      }
      const length = Math.min(left - chunkHeaderSize, record.length - taken);
      const last = taken + length === record.length;
      const type = first ? (last ? chunkType.full : chunkType.first) : last ? chunkType.last : chunkType.middle;
      this.#reserve(used, chunkHeaderSize + length);
      used = this.#frameChunk(type, record, taken, length, used);
      taken += length;
    }
    return used;
  }

  #frameChunk(type: number, record: Uint8Array, from: number, length: number, at: number): number {
    const frame = this.#frame;
    const end = at + chunkHeaderSize + length;
    frame[at + 6] = type;
    frame.set(from === 0 && length === record.length ? record : record.subarray(from, from + length), at + 7);
    const sum = crc32(frame.subarray(at + 6, end));
    frame.writeUInt32LE(sum, at);
    frame.writeUInt16LE(length, at + 4);
    return end;
  }

  #reserve(used: number, more: number): void {
    if (used + more <= this.#frame.length) return;
    const grown = Buffer.alloc(Math.max(this.#frame.length * 2, used + more));
    this.#frame.copy(grown, 0, 0, used);
    this.#frame = grown;
  }

  /** A write that fails half-way (a full disk) leaves a torn tail; it is cut off before the next one. */
  #write(bytes: Uint8Array, length: number): void {
    if (this.#torn) ftruncateSync(this.#fd, this.#size);
    this.#torn = true;
    for (let done = 0; done < length; ) done += writeSync(this.#fd, bytes, done, length - done, this.#size + done);
    this.#torn = false;
    this.#size += length;
  }
}
