/** Charts of one run as pictures, without a report around them: what sinks show where a chart itself cannot go. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { DrawnChart } from "../../core/contract/sink.ts";
import { ExperimentError, noRowsToDraw, reasonOf } from "../../core/errors/errors.ts";
import { files } from "../../core/record/format.ts";
import { Library } from "../library.ts";
import { declaredPictures } from "./charts.ts";
import { readReportRun } from "./document.ts";
import { loadRasteriser, type Rasteriser, reportSvg } from "./picture.ts";
import type { ReportRun } from "./report-run.ts";

/**
 * Draws declared charts from what the run directory has on record, in order; those without data are left out, and one that
 * cannot be drawn has its `problem`. Throws `usage` where the rasteriser or rows.jsonl is missing. `indexFolder` as for reports.
 */
export async function chartPictures(
  dir: string,
  charts: readonly DeclaredChart[],
  indexFolder?: string,
): Promise<readonly DrawnChart[]> {
  const rasterise = await loadRasteriser();
  if (!existsSync(join(dir, files.rows))) throw noRowsToDraw();
  const options = indexFolder === undefined ? {} : { indexFolder };
  const library = new Library(dirname(dir), { ...options, only: basename(dir) });
  try {
    const run = await readReportRun(library, basename(dir));
    const drawn: DrawnChart[] = [];
    for (const chart of charts) {
      drawn.push(...(await pictureOf(run, chart, rasterise)));
      await setImmediate(); // signals and messages have their turn
    }
    return drawn;
  } finally {
    await library.close();
  }
}

async function pictureOf(run: ReportRun, chart: DeclaredChart, rasterise: Rasteriser): Promise<DrawnChart[]> {
  try {
    const pictures = await declaredPictures([run], chart, run.detail.keys);
    if (pictures.length === 0) return [];
    const svg = reportSvg({ title: "", headline: [], charts: [{ ...chart, pictures }], runs: [run] });
    return [{ chart, ...rasterise(svg) }];
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown; // what is missing for this one is missing for all
    return [{ chart, problem: reasonOf(thrown) }];
  }
}
