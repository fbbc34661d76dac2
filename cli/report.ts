/** `experiment report RUN…`: one self-contained file to send to someone. */
import { extname } from "node:path";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { reportFormats, writeReport } from "../viewer/report/report.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  run: string[];
  output: string | undefined;
  format: "html" | "md" | "png" | undefined;
  runs: string | undefined;
}

export async function reportCommand({ run, output, format, runs }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const dirs = run.map((name) => readRun(resolveRun(root, String(name))).dir);
  const named = reportFormats.find((one) => extname(output ?? "") === `.${one}`);
  const chosen = format ?? named ?? "html";
  const written = await writeReport({ dirs, output: output ?? `report.${chosen}`, format: chosen });
  console.log(`Wrote ${written.join(" and ")}`);
}
