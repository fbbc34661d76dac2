/** What the server sends about many runs at once: types only. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { MetricInfo } from "../../core/contract/run.ts";
import type { RunEvent } from "../../core/contract/sink.ts";
import type { RunDetail, RunSeries } from "../api.ts";

/** Runs of a sweep declare the same charts and metrics: each list is sent once, details name it by its place. */
export interface ManyDetails {
  readonly charts: readonly (readonly DeclaredChart[])[];
  readonly metrics: readonly (readonly MetricInfo[])[];
  readonly runs: readonly (PackedDetail | { readonly id: string; readonly error: string })[];
}

export type PackedDetail = Omit<RunDetail, "charts" | "metrics"> & {
  readonly id: string;
  readonly charts: number;
  readonly metrics: number;
};

/** Series of the same metrics, by run, in the order that was asked for; null where a run cannot be read. */
export type ManySeries = readonly (RunSeries | null)[];

/** Runs on common positions. */
export interface AlignedRuns {
  /** By run, then by key: the value of each bin, null where the run has none; between measurements, interpolated. */
  readonly values: readonly Readonly<Record<string, readonly (number | null)[]>>[];
  /** By run, then by key: which of `places` says where the run measured. */
  readonly measured: readonly Readonly<Record<string, number>>[];
  /** Where in each bin measurements lie, in the axis' unit (elapsed time in hours), null where there are none. Runs of a sweep share them. */
  readonly places: readonly (readonly (number | null)[])[];
  /** Whether a run is so long that the middles of its blocks' ranges stand for their means. */
  readonly approximate: boolean;
  /** Smallest share of a run that has been read. */
  readonly read: number;
}

/** Events of many runs: those of the run itself, the newest of each. */
export type ManyEvents = readonly (readonly RunEvent[])[];
