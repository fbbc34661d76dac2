/**
 * The rows of a small run on the plain JavaScript engine, whose arithmetic is the same on every machine. A change that is meant to
 * alter numbers makes them anew with `node --import tsx/esm test/golden/rows.ts`, and says in its commit which numbers and why.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { comparableRows, trainTiny } from "../helpers/tiny.ts";

const file = new URL("rows.json", import.meta.url);
const changes = {
  engine: "cpu",
  train: { steps: 8, batch_size: 4, warmup_steps: 3, lr: 3e-3 },
  eval: { every: 4, windows: 8 },
  analyzers: {
    "token-sparsity": {},
    "batch-union-sparsity": {},
    "layer-contrast": {},
    "neuron-death": { window_tokens: 64 },
  },
};

export const goldenRows: readonly unknown[] = JSON.parse(readFileSync(file, "utf8"));

/** What the code gives today, as JSON holds it. */
export async function rowsToday(folder: string): Promise<readonly unknown[]> {
  const { dir } = await trainTiny(folder, { changes });
  return JSON.parse(JSON.stringify(await comparableRows(dir)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), "reluscope-golden-"));
  const rows = await rowsToday(folder);
  writeFileSync(file, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
  rmSync(folder, { recursive: true });
}
