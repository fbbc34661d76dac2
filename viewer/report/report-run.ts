/** A run as a report sees it. */
import type { RunDetail, RunSeries } from "../api.ts";
import type { ShownRun } from "../charts/panels.ts";
import type { Library } from "../library.ts";

/** One run with what its charts need. */
export interface ReportRun {
  readonly shown: ShownRun;
  readonly library: Library;
  readonly detail: RunDetail;
  /** Every key of the run. */
  readonly series: RunSeries;
}
