/** Stores of long runs, kept on disk: opening the run again reads 30 MB instead of gigabytes. */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { files } from "../../core/record/format.ts";
import { axes } from "./axes.ts";
import type { Progress } from "./ingest.ts";
import { type Column, type NonFinite, Store } from "./store.ts";

const version = 2;
const headerBytes = 8;

/** Everything of a store but its columns. */
interface Header {
  readonly version: number;
  readonly progress: Progress;
  readonly tail: string;
  readonly block: number;
  readonly rows: number;
  readonly segments: Store["segments"];
  readonly keys: readonly string[];
  readonly latest: readonly (readonly [string, unknown])[];
  readonly nonFinite: readonly (readonly [string, readonly (readonly [number, number, string])[]])[];
}

/** Where indexes go: run directories are never written to. `XDG_CACHE_HOME`, else `~/.cache`, else the temporary folder. */
export function indexFolder(): string {
  const base = process.env.XDG_CACHE_HOME || (homedir() ? join(homedir(), ".cache") : tmpdir());
  return join(base, "reluscope", "series");
}

/** Writes a store aside and renames it. A cache: trouble is nobody's concern but the next opening's. */
export async function saveIndex(dir: string, store: Store, progress: Progress, folder: string): Promise<void> {
  const path = await pathOf(dir, folder);
  const aside = `${path}.${process.pid}.partial`;
  const header: Header = {
    version,
    progress,
    tail: await tailOf(dir, progress.offset),
    block: store.block,
    rows: store.rows,
    segments: store.segments,
    keys: [...store.columns.keys()],
    latest: [...store.latest].map(([key, at]) => [key, { ...at, value: String(at.value) }]),
    nonFinite: [...store.nonFinite].map(([key, list]) => [key, list.map((o) => [o.seq, o.step, String(o.value)])]),
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(aside, "w", 0o600);
    try {
      const text = Buffer.from(JSON.stringify(header));
      const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, 0x20)]);
      const length = Buffer.alloc(headerBytes);
      length.writeUInt32LE(padded.length);
      await file.write(length);
      await file.write(padded);
      for (const array of arraysOf(store)) await file.write(bytesOf(array, store.blocks));
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch {
    await rm(aside, { force: true }).catch(() => {});
  }
}

/** The store of a run as it was saved; undefined when there is none or the file has since been replaced or cut. */
export async function loadIndex(
  dir: string,
  folder: string,
): Promise<{ store: Store; progress: Progress } | undefined> {
  try {
    const bytes = await readFile(await pathOf(dir, folder));
    const length = bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString("utf8", headerBytes, headerBytes + length)) as Header;
    if (header.version !== version || header.tail !== (await tailOf(dir, header.progress.offset))) return undefined;
    const blocks = Math.ceil(header.rows / header.block);
    const store = Store.restore(header.block, header.rows, header.keys);
    let at = headerBytes + length;
    for (const array of arraysOf(store)) {
      bytesOf(array, blocks).set(bytes.subarray(at, at + blocks * 8));
      at += blocks * 8;
    }
    if (at !== bytes.length) return undefined;
    store.segments = header.segments;
    for (const [key, saved] of header.latest) {
      const one = saved as { step: number; tokens: number; time: number; value: string };
      store.latest.set(key, { ...one, value: Number(one.value) });
    }
    for (const [key, list] of header.nonFinite)
      store.nonFinite.set(
        key,
        list.map(([seq, step, value]): NonFinite => ({ seq, step, value: Number(value) })),
      );
    return { store, progress: header.progress };
  } catch {
    return undefined;
  }
}

function arraysOf(store: Store): Float64Array[] {
  const columns = [store.seq, ...axes.map((axis) => store.axis[axis]), ...store.columns.values()];
  return [store.offset, ...columns.flatMap(({ min, max }: Column) => (min === max ? [min] : [min, max]))];
}

function bytesOf(array: Float64Array, length: number): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, length * 8);
}

async function pathOf(dir: string, folder: string): Promise<string> {
  const { ino, birthtimeMs } = await stat(join(dir, files.rows));
  const name = createHash("sha256").update(`${dir}\n${ino}\n${birthtimeMs}`).digest("hex").slice(0, 32);
  return join(folder, `${name}.index`);
}

/** A fingerprint of the 4 KiB before `offset`: rows.jsonl only grows, so that the rest is as it was. */
async function tailOf(dir: string, offset: number): Promise<string> {
  const file = await open(join(dir, files.rows), "r");
  try {
    const length = Math.min(4096, offset);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset - length);
    return createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("hex");
  } finally {
    await file.close();
  }
}
