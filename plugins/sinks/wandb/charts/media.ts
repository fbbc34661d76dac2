/** Files that stand for charts: under the log's `files/media/`, and by a value in the run's summary. */
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DeclaredChart } from "../../../../core/contract/chart.ts";
import { folderBeside } from "../log/layout.ts";

/** A file as the summary names it. */
export interface MediaFile {
  /** Under `files/`. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** `section/id`, from which files are named: whatever a plugin calls its charts, it is short and leaves no folder. */
export function chartKey({ section, id }: Pick<DeclaredChart, "section" | "id">): string {
  return `${safe(section)}/${safe(id)}`;
}

/** Words, digits and hyphens as they are; of what is more than that, or too long for a file's name, a hash keeps names apart. */
function safe(name: string): string {
  const plain = name.replace(/[^\w-]+/g, "_").slice(0, 64);
  return plain === name && name !== "" ? name : `${plain}_${sha256Of(name).slice(0, 8)}`;
}

/** Writes `media/<kind>/<key>_<stamp><first 20 digits of the hash>.<extension>`, as W&B's client names its files. */
export function writeMedia(
  log: string,
  { kind, key, stamp = "", extension }: { kind: "table" | "images"; key: string; stamp?: string; extension: string },
  bytes: Uint8Array,
): MediaFile {
  const sha256 = sha256Of(bytes);
  const path = `media/${kind}/${key}_${stamp}${sha256.slice(0, 20)}.${extension}`;
  const file = join(dirname(log), "files", path);
  folderBeside(log, join("files", dirname(path)));
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, bytes, { flag: "wx" });
  return { path, sha256, size: bytes.length };
}

function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
