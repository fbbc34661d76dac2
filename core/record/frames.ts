/**
 * A file of frames that only grows. A frame is a line of JSON and as many bytes as it says; see docs/run-format.md. Everything is found by
 * going from line to line, so there is no index that could be wrong.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { damagedFile, notOwnFile } from "../errors/errors.ts";
import { openRegular, UnfitFile } from "../files/regular-file.ts";
import { attempt } from "./disk.ts";
import { summed, unsummed } from "./lines.ts";

/** Where a frame stands in its file; lengths in bytes. */
export interface Frame {
  readonly step: number;
  /** Of its line. */
  readonly start: number;
  /** Of what follows the line. */
  readonly body: number;
  readonly bytes: number;
  /** CRC-32 of the body. */
  readonly sum: number;
}

/** What a file holds. */
export interface Frames {
  /** Those that count, steps rising: a frame of step s removes all earlier ones of step >= s. */
  readonly frames: readonly Frame[];
  /** Where the last whole one ends, or damage behind it: what follows was torn as it was written. */
  readonly end: number;
  /** Stretches between frames that are none. */
  readonly damaged: number;
}

/** Bytes of one frame that are read at most; the widest models' are some megabytes. */
export const largestFrame = 256 << 20;
/** Bytes of one file that are searched for a frame after damage: files come from anywhere. */
const farthestSearch = 256 << 20;

const lineBegins = '{"step":';
const linePattern = /^\{"step":(\d{1,15}),"bytes":(\d{1,9}),"sum":"([0-9a-f]{8})"\}$/;
/** Bytes of the longest line: 74 and the digits. */
const longestLine = 128;
const newline = 0x0a;

/** A frame as bytes. */
export function encodeFrame(step: number, body: Uint8Array): Uint8Array {
  const sum = crc32(body).toString(16).padStart(8, "0");
  return Buffer.concat([Buffer.from(summed(`{"step":${step},"bytes":${body.length},"sum":"${sum}"}`)), body]);
}

/** Finds the frames of a file, `most` at most, by their lines; what they hold is not looked at. A file that is not there has none. */
export function framesIn(path: string, most = Number.POSITIVE_INFINITY): Frames {
  return withFile(path, (file, size) => scan(file, size, most)) ?? { frames: [], end: 0, damaged: 0 };
}

/** What a frame holds. Throws `run.damaged` where it is not what was written. */
export function readFrame(path: string, { step, body, bytes, sum }: Frame): Uint8Array {
  if (bytes > largestFrame) throw damagedFile(path, `step ${step}: larger than ${largestFrame >> 20} MiB`);
  const found = withFile(path, (file) => {
    const read = Buffer.alloc(bytes);
    return read.subarray(0, readSync(file, read, 0, bytes, body));
  });
  if (found?.length !== bytes || crc32(found) !== sum)
    throw damagedFile(path, `step ${step}: its bytes do not have the CRC-32 that stands before them`);
  return found;
}

function withFile<T>(path: string, action: (file: number, size: number) => T): T | undefined {
  return attempt(path, "read", () => {
    let file: number;
    try {
      file = openRegular(path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw thrown instanceof UnfitFile ? notOwnFile(path, "a file", thrown.got) : thrown;
    }
    try {
      return action(file, fstatSync(file).size);
    } finally {
      closeSync(file);
    }
  });
}

function scan(file: number, size: number, most: number): Frames {
  const frames: Frame[] = [];
  const from = windowOn(file, size);
  const frameAt = (at: number) => {
    const frame = parsed(from(at), at);
    return frame !== undefined && frame.body + frame.bytes <= size ? frame : undefined;
  };
  let searched = 0;
  /** Where the next frame begins behind damage; undefined where there is none. */
  const nextFrame = (at: number): number | undefined => {
    for (let next = at; next < size && searched < farthestSearch; next++, searched++) {
      const bytes = from(next);
      const found = bytes.indexOf(lineBegins);
      const passed = found < 0 ? Math.max(0, bytes.length - lineBegins.length) : found;
      next += passed;
      searched += passed;
      if (found >= 0 && frameAt(next) !== undefined) return next;
    }
    return undefined;
  };
  let [end, damaged] = [0, 0];
  while (end < size && frames.length < most) {
    const frame = frameAt(end);
    if (frame !== undefined) {
      while (frames.length > 0 && frames.at(-1)!.step >= frame.step) frames.pop();
      frames.push(frame);
      end = frame.body + frame.bytes;
      continue;
    }
    const next = nextFrame(end + 1);
    if (next === undefined && isTorn(from(end), end, size)) break;
    damaged++;
    end = next ?? size;
  }
  return { frames, end, damaged };
}

/** Whether a file's last bytes are the beginning of a frame: a line that does not end, or one whose bytes do not all follow. */
function isTorn(bytes: Buffer, at: number, size: number): boolean {
  return parsed(bytes, at) !== undefined || (size - at < longestLine && !bytes.includes(newline));
}

/** The frame whose line begins the bytes; `at` is where they are in the file. */
function parsed(bytes: Buffer, at: number): Frame | undefined {
  const end = bytes.subarray(0, longestLine).indexOf(newline);
  const object = end < 0 ? undefined : unsummed(bytes.toString("latin1", 0, end));
  const found = object === undefined ? null : linePattern.exec(object);
  if (found === null) return undefined;
  const [, step, length, sum] = found;
  return { step: Number(step), start: at, body: at + end + 1, bytes: Number(length), sum: Number.parseInt(sum!, 16) };
}

/** Bytes from anywhere in a file on, as many as a line may have unless the file ends before. */
function windowOn(file: number, size: number): (at: number) => Buffer {
  const block = Buffer.alloc(Math.min(16_384, size));
  let [start, length] = [0, 0];
  return (at) => {
    const isWithin = at >= start && (at + longestLine <= start + length || (start + length === size && at < size));
    if (!isWithin) [start, length] = [at, readSync(file, block, 0, Math.min(block.length, size - at), at)];
    return block.subarray(at - start, length);
  };
}
