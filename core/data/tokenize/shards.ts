/** Files of token ids of bounded size, which are there whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { endianness } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Ids } from "../../arrays/token-ids.ts";
import { shardName, type Tokenized, tokenizedName } from "../../contract/tokenized.ts";
import { outputExists } from "../../errors/errors.ts";
import { openRegular } from "../../files/regular-file.ts";
import { attempt, makeFolder, syncDirectory, writeSynced } from "../../record/disk.ts";
import { answers } from "../../record/process-identity.ts";

type Shard = Tokenized["shards"][number];

/** Shards being written, out of sight. */
export interface ShardWriter {
  /** A document, or a part of one; a shard ends only between documents. */
  write(ids: Ids, endsDocument: boolean): void;
  /** Puts all in place; `describe` gives what is to stand beside them. Gives the files' names. */
  finish(describe: (shards: readonly Shard[]) => Tokenized): readonly string[];
  /** Leaves nothing behind. */
  discard(): void;
}

/** `output` is `FOLDER/NAME.bin`; a shard is closed by the document that fills it. Throws where files are there already, unless `force`. */
export function createShards(output: string, most: number, force: boolean): ShardWriter {
  const folder = dirname(output);
  const stem = basename(output).replace(/\.bin$/i, "");
  const beside = join(folder, tokenizedName(`${stem}.bin`));
  const old = existing(folder, stem);
  if (old.length > 0 && !force) throw outputExists(join(folder, old[0]!));
  if (existsSync(beside) && !(force && isOurs(beside))) throw outputExists(beside, isOurs(beside));
  const aside = join(folder, `.${stem}.partial-${process.pid}`);
  attempt(output, "write", () => {
    makeFolder(folder);
    sweep(folder, stem);
    rmSync(aside, { recursive: true, force: true });
    makeFolder(aside);
  });
  const written: { file: string; documents: number; tokens: number }[] = [];
  let descriptor: number | undefined;

  const close = () => {
    if (descriptor === undefined) return;
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    write(ids, endsDocument) {
      attempt(output, "write", () => {
        if (descriptor === undefined) {
          const file = String(written.length);
          descriptor = openSync(join(aside, file), "wx");
          written.push({ file, documents: 0, tokens: 0 });
        }
        const shard = written.at(-1)!;
        writeIds(descriptor, ids);
        shard.tokens += ids.length;
        if (!endsDocument) return;
        shard.documents++;
        if (shard.tokens >= most) close();
      });
    },
    finish(describe) {
      return attempt(output, "write", () => {
        close();
        const names = written.map((_, i) => shardName(stem, i, written.length));
        const text = `${JSON.stringify(describe(written.map((shard, i) => ({ ...shard, file: names[i]! }))), null, 2)}\n`;
        writeSynced(join(aside, "json"), text);
        for (const file of old) rmSync(join(folder, file), { force: true });
        // First what says which files there must be: cut off here, they are refused, not taken for all there is.
        renameSync(join(aside, "json"), beside);
        for (const [i, { file }] of written.entries()) renameSync(join(aside, file), join(folder, names[i]!));
        rmSync(aside, { recursive: true, force: true });
        syncDirectory(folder);
        return [...names.map((name) => join(folder, name)), beside];
      });
    },
    discard() {
      try {
        if (descriptor !== undefined) closeSync(descriptor);
        rmSync(aside, { recursive: true, force: true });
      } catch {
        // what is left is swept by the next
      }
    },
  };
}

function writeIds(descriptor: number, ids: Ids): void {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  const little = endianness() === "LE" ? bytes : ids instanceof Uint16Array ? bytes.swap16() : bytes.swap32();
  for (let at = 0; at < little.length; ) at += writeSync(descriptor, little, at, Math.min(2 ** 30, little.length - at));
}

/** Files that are there and that a shard of this name could be. */
function existing(folder: string, stem: string): string[] {
  if (!existsSync(folder)) return [];
  const isShard = (name: string) => name.startsWith(stem) && /^(-\d{5})?\.bin$/.test(name.slice(stem.length));
  return readdirSync(folder).filter(isShard).sort();
}

/** Whether a JSON is of an earlier call, and not somebody's text. */
function isOurs(path: string): boolean {
  const head = Buffer.alloc(100);
  attempt(path, "read", () => {
    const file = openRegular(path);
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  });
  return /^\{\s*"format": "reluscope tokens/.test(head.toString("latin1"));
}

/** Takes away what processes that are gone have left half done. */
function sweep(folder: string, stem: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(`.${stem}.partial-`) ? Number(name.slice(`.${stem}.partial-`.length)) : Number.NaN;
    if (Number.isSafeInteger(pid) && pid > 0 && !answers(pid))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
