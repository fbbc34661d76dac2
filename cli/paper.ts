/** `experiment paper RUN…`: the tables and figures of arXiv 2407.07848 on one's own runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../core/record/disk.ts";
import { resolveRun } from "../core/record/runs.ts";
import { formats } from "../studies/formats.ts";
import { paperOf } from "../studies/paper/paper.ts";
import { paperTables } from "../studies/paper/tables.ts";
import type { LoadPlugins } from "./command.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { table } from "./terminal.ts";

interface Arguments {
  run: string[];
  tokens: number;
  at: number[] | undefined;
  output: string | undefined;
  runs: string | undefined;
  json: boolean;
}

export async function paperCommand(
  { run, tokens, at, output, runs, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const root = await runsFolder(runs);
  const dirs = run.map((name) => resolveRun(root, String(name)));
  const progress = (id: string, step: number) => process.stderr.write(`measuring ${id} at step ${step}\n`);
  const report = await paperOf({ dirs, tokens, progress, ...(at !== undefined && { at }) }, await plugins());
  const tables = paperTables(report);
  if (json) console.log(jsonText(report));
  else {
    for (const { title, note, head, rows } of tables) {
      console.log(`${title}\n${table([[...head], ...rows], { align: "right" })}\n${note}\n`);
    }
  }
  if (output === undefined) return;
  makeFolder(output);
  const files = Object.entries(formats).map(([ending, write]) => {
    writeFileSync(join(output, `paper.${ending}`), write(tables, "Use of hidden units, after arXiv 2407.07848"));
    return `paper.${ending}`;
  });
  writeFileSync(join(output, "paper.json"), `${jsonText(report)}\n`);
  process.stderr.write(`Wrote ${[...files, "paper.json"].join(", ")} to ${output}\n`);
}
