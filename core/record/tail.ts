/** The end of rows.jsonl, without reading the rest. */
import { join } from "node:path";
import { ExperimentError, ioFailed } from "../errors/errors.ts";
import { openRegular } from "./chunks.ts";
import { files, type StoredRow } from "./format.ts";
import { parseRow } from "./lines.ts";

const blockSize = 65536;
const newline = 0x0a;

/** The last row on record; undefined when there is none. The last line always counts: nothing later supersedes it. */
export async function lastRow(dir: string): Promise<StoredRow | undefined> {
  for await (const line of linesBackwards(join(dir, files.rows))) {
    const row = parseRow(line);
    if (row) return row;
  }
  return undefined;
}

/** Whole lines, last one first; a torn one at the end is left out. A file that is not there has none. */
export async function* linesBackwards(path: string): AsyncGenerator<string> {
  const file = await openRegular(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown instanceof ExperimentError ? thrown : ioFailed(path, "read", thrown);
  });
  if (!file) return;
  try {
    let rest: Buffer | undefined; // the end of a line that begins further ahead; undefined before the last newline is found
    for (let end = (await file.stat()).size; end > 0; ) {
      const start = Math.max(0, end - blockSize);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      end = start;
      let block = buffer.subarray(0, bytesRead);
      if (rest === undefined) {
        const last = block.lastIndexOf(newline);
        if (last < 0) continue;
        block = block.subarray(0, last);
      } else {
        block = Buffer.concat([block, rest]);
      }
      const first = block.indexOf(newline);
      rest = first < 0 ? block : block.subarray(0, first);
      if (first >= 0)
        yield* block
          .toString("utf8", first + 1)
          .split("\n")
          .reverse();
    }
    if (rest !== undefined) yield rest.toString("utf8");
  } finally {
    await file.close();
  }
}
