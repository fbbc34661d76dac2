/** Reading files a piece at a time, unpacked and hashed on the way. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { invalidData, reasonOf } from "../../core/errors/errors.ts";
import type { SourceFile } from "./files.ts";
import type { Bytes } from "./open-files.ts";

/** What went by, once all has been read. */
export interface Seen {
  bytes: number;
  /** sha256 (hex) of the content, unpacked. */
  sha256: string;
}

/** The content in chunks; what begins as gzip does is unpacked, whatever the name. `seen` is filled in when it ends. */
export async function* chunksOf(file: SourceFile, seen: Seen): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  const stream = createReadStream(file.path, { highWaterMark: 1 << 20 });
  const packed = await beginsPacked(stream, file);
  const unpacked: Readable = packed ? stream.pipe(createGunzip()) : stream;
  stream.on("error", (thrown) => unpacked.destroy(thrown));
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      seen.bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  } catch (thrown) {
    const problem = packed && !isSystemError(thrown) ? "damaged gzip" : "cannot be read";
    throw invalidData(file.shown, `${problem}: ${reasonOf(thrown)}.`, thrown);
  } finally {
    stream.destroy();
  }
  seen.sha256 = hash.digest("hex");
}

/** All of it. Throws `data.invalid` when it is more than one buffer can hold. */
export async function bytesOf(file: SourceFile, seen: Seen): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(file, seen)) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

export function unseen(): Seen {
  return { bytes: 0, sha256: "" };
}

/** Whether a file is gzip: by its name, or by its first bytes with the only method there is. */
export function isPacked({ path }: SourceFile, { size, read }: Bytes): boolean {
  const head = Buffer.from(read(0, Math.min(3, size)));
  return /\.gz$/i.test(path) || head.equals(Buffer.of(0x1f, 0x8b, 8));
}

async function beginsPacked(stream: Readable, file: SourceFile): Promise<boolean> {
  const first = await new Promise<Buffer | null>((done, fail) => {
    stream.once("error", fail);
    stream.once("end", () => done(null));
    stream.once("readable", () => done(stream.read(2)));
  }).catch((thrown) => {
    throw invalidData(file.shown, `cannot be read: ${reasonOf(thrown)}.`, thrown);
  });
  if (first === null) return false;
  stream.unshift(first);
  const packed = first[0] === 0x1f && first[1] === 0x8b;
  if (!packed && /\.gz$/i.test(file.path)) throw invalidData(file.shown, "damaged gzip: incorrect header check.");
  return packed;
}

function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && "syscall" in thrown;
}
