/** Pictures of charts that W&B's presets cannot hold. */

import type { DeclaredChart } from "../../../../core/contract/chart.ts";
import type { SinkHost } from "../../../../core/contract/sink.ts";
import { ExperimentError, reasonOf } from "../../../../core/errors/errors.ts";
import type { RunLog } from "../log/run-log.ts";
import { chartKey, writeMedia } from "./media.ts";

/**
 * Puts a picture of each chart in the summary, under `charts/<section>/<id>`. Never throws: a chart that fails is named in a
 * warning, and where pictures cannot be had at all one line says why.
 */
export async function addPictures(runLog: RunLog, charts: readonly DeclaredChart[], host: SinkHost): Promise<void> {
  if (charts.length === 0 || host.drawCharts === undefined) return;
  try {
    for (const drawn of await host.drawCharts(charts)) {
      if ("problem" in drawn) host.warn(leftOut(drawn.chart, drawn.problem));
      else addPicture(runLog, drawn);
    }
  } catch (thrown) {
    const line = `W&B: charts beyond its presets are left out: ${reasonOf(thrown)}`;
    if (thrown instanceof ExperimentError) host.info(line);
    else host.warn(line);
  }
}

/** What is said of one chart that cannot be shown. */
export function leftOut({ section, id }: DeclaredChart, reason: string): string {
  return `W&B: chart ${section}/${id} is left out: ${reason}`;
}

function addPicture(
  runLog: RunLog,
  { chart, png, width, height }: { chart: DeclaredChart; png: Uint8Array; width: number; height: number },
): void {
  const key = `charts/${chartKey(chart)}`;
  const file = writeMedia(runLog.path, { kind: "images", key, extension: "png" }, png);
  runLog.media(key, { _type: "image-file", format: "png", width, height, ...file, caption: chart.title });
}
