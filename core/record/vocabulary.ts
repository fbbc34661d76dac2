/** vocabulary.json: what a run's token ids stand for, in their order. A text, or a list of bytes where it is a part of a character. */
import { join } from "node:path";
import type { TokenText } from "../contract/run.ts";
import { ownText } from "../files/own-file.ts";
import { boundedJson } from "./bounded-json.ts";
import { type Disk, nodeDisk, replaceFile } from "./disk.ts";
import { files } from "./format.ts";

/** Bytes of the file, and values in it: 256,000 tokens are 4 MiB. */
const largest = 64 << 20;
const mostValues = 4_000_000;

/** Writes it whole. */
export function writeVocabulary(dir: string, tokens: readonly TokenText[], disk: Disk = nodeDisk): void {
  replaceFile(join(dir, files.vocabulary), `${JSON.stringify(tokens)}\n`, disk);
}

/** What each id stands for, as it is on record, each to be looked at; none where the file is not there or is not what it should be. */
export function readVocabulary(dir: string): readonly unknown[] {
  try {
    const found = boundedJson(ownText(dir, files.vocabulary, largest) ?? "[]", 2, mostValues);
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}
