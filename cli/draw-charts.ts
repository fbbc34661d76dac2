/** Pictures of charts for sinks: the viewer draws them, which the trainer itself knows nothing of. */
import type { RunRequest } from "../core/run/request.ts";

/** Given to every run that the command line trains. */
export const drawCharts: NonNullable<RunRequest["drawCharts"]> = async (dir, charts) => {
  const { chartPictures } = await import("../viewer/report/chart-pictures.ts");
  return chartPictures(dir, charts);
};
