/** labels.json: what people say of a run — a name to show, tags, a note, whether it is put aside. Training never writes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { invalidLabels } from "../errors/keeping-errors.ts";
import { readRegularText } from "../files/regular-file.ts";
import { type Disk, nodeDisk, replaceFile } from "./disk.ts";
import { files } from "./format.ts";

export interface Labels {
  /** Shown instead of the run's own name; empty: the own. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly note: string;
  /** Left out of lists unless asked for. */
  readonly archived: boolean;
}

export const noLabels: Labels = { name: "", tags: [], note: "", archived: false };

const mostTags = 50;
const longestTag = 64;
const longestName = 128;
const longestNote = 20_000;
/** Bytes of the file. */
const largest = 1 << 20;

/** A run's labels; none where the file is not there or says nothing that is understood. */
export function readLabels(dir: string): Labels {
  let found: unknown;
  if (!existsSync(join(dir, files.labels))) return noLabels; // as most: an exception costs more than the question
  try {
    found = JSON.parse(readRegularText(join(dir, files.labels), largest));
  } catch {
    return noLabels;
  }
  if (typeof found !== "object" || found === null) return noLabels;
  const { name, tags, note, archived } = found as Readonly<Record<string, unknown>>;
  const text = (value: unknown, most: number) => (typeof value === "string" ? value.slice(0, most) : "");
  const known = Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === "string" && tag !== "") : [];
  return {
    name: text(name, longestName),
    tags: [...new Set(known.map((tag) => tag.slice(0, longestTag)))].slice(0, mostTags),
    note: text(note, longestNote),
    archived: archived === true,
  };
}

/** Changes some of a run's labels and gives what holds now. Throws `usage` for what is no label, `run.io` where it cannot be kept. */
export function changeLabels(dir: string, change: Partial<Labels>, disk: Disk = nodeDisk): Labels {
  const next = { ...readLabels(dir), ...checked(change) };
  replaceFile(join(dir, files.labels), `${JSON.stringify(next, null, 2)}\n`, disk);
  return next;
}

function checked(change: Partial<Labels>): Partial<Labels> {
  const { name, tags, note } = change;
  if (name !== undefined && name.length > longestName)
    throw invalidLabels("name", `expected at most ${longestName} characters, got ${name.length}`);
  if (note !== undefined && note.length > longestNote)
    throw invalidLabels("note", `expected at most ${longestNote} characters, got ${note.length}`);
  if (tags === undefined) return change;
  const trimmed = tags.map((tag) => tag.trim());
  const odd = trimmed.find((tag) => tag === "" || tag.length > longestTag || /[\p{Cc},]/u.test(tag));
  if (odd !== undefined)
    throw invalidLabels("tags", `expected 1 to ${longestTag} characters without commas, got ${JSON.stringify(odd)}`);
  if (trimmed.length > mostTags) throw invalidLabels("tags", `expected at most ${mostTags}, got ${trimmed.length}`);
  return { ...change, tags: [...new Set(trimmed)] };
}
