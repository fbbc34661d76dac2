/** The newest values of a few metrics, read from the end of rows.jsonl: for looking at many runs at once. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { ioFailed } from "../errors/errors.ts";
import { files } from "./format.ts";
import { parseRow } from "./lines.ts";

const blockSize = 16_384;
const newline = 0x0a;

/**
 * For each name, the values of the newest row that has it: of the metric itself, or of all that begin with it and a slash (its
 * layers). Names that no row has are not in the result; a run without rows has none.
 */
export function latestValues(dir: string, names: readonly string[]): Map<string, Readonly<Record<string, number>>> {
  const found = new Map<string, Record<string, number>>();
  let wanted = [...names];
  let superseded = Number.POSITIVE_INFINITY; // rows from this `seq` on were trained again later
  for (const line of linesFromEnd(join(dir, files.rows))) {
    const row = parseRow(line);
    if (row === undefined || row.seq >= superseded) continue;
    superseded = row.seq;
    for (const name of wanted) {
      const own = Object.entries(row.metrics).filter(([key]) => key === name || key.startsWith(`${name}/`));
      if (own.length > 0) found.set(name, Object.fromEntries(own));
    }
    wanted = wanted.filter((name) => !found.has(name));
    if (wanted.length === 0) break;
  }
  return found;
}

/** Whole lines, last one first; what follows the last newline is not one yet. */
function* linesFromEnd(path: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
    throw ioFailed(path, "read", thrown);
  }
  try {
    let rest: Buffer | undefined; // the end of a line that begins further ahead
    for (let end = fstatSync(file).size; end > 0; ) {
      const start = Math.max(0, end - blockSize);
      const block = Buffer.alloc(end - start);
      const read = readSync(file, block, 0, block.length, start);
      end = start;
      let bytes = block.subarray(0, read);
      if (rest === undefined) {
        const last = bytes.lastIndexOf(newline);
        if (last < 0) continue;
        bytes = bytes.subarray(0, last);
      } else bytes = Buffer.concat([bytes, rest]);
      for (let at = bytes.lastIndexOf(newline); at >= 0; at = bytes.lastIndexOf(newline)) {
        yield bytes.toString("utf8", at + 1);
        bytes = bytes.subarray(0, at);
      }
      rest = bytes;
    }
    if (rest !== undefined && rest.length > 0) yield rest.toString("utf8");
  } finally {
    closeSync(file);
  }
}
