/** `experiment report RUN…`: one self-contained file to send to someone. */
import { extname } from "node:path";
import { unknownReportFormat } from "../core/errors/errors.ts";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { reportFormats, writeReport } from "../viewer/report/report.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  run: string[];
  output: string | undefined;
  format: "html" | "md" | "png" | undefined;
  runs: string | undefined;
}

/** The format that a file's name asks for. */
function formatNamed(output: string | undefined): Arguments["format"] {
  const ending = extname(output ?? "")
    .slice(1)
    .toLowerCase();
  if (ending === "") return undefined;
  const found = reportFormats.find((one) => one === (endings[ending] ?? ending));
  if (found === undefined) throw unknownReportFormat(output ?? "", reportFormats);
  return found;
}

const endings: Readonly<Record<string, string>> = { htm: "html", markdown: "md" };

export async function reportCommand({ run, output, format, runs }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const dirs = run.map((name) => readRun(resolveRun(root, String(name))).dir);
  const chosen = format ?? formatNamed(output) ?? "html";
  const written = await writeReport({ dirs, output: output ?? `report.${chosen}`, format: chosen });
  console.log(`Wrote ${written.join(" and ")}`);
}
