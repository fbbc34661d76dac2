/** One metric of one group along training: mean over its runs, a 95 % t interval, and from how many. */
import { interval } from "../../statistics/jackknife.ts";
import type { GroupMoments } from "../../statistics/welch.ts";
import type { AlignedRuns } from "../many/api.ts";
import type { Band } from "./line-spec.ts";
import type { Subject } from "./subjects.ts";

export interface GroupLine {
  readonly x: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly moments: readonly GroupMoments[];
  /** Absent of a single run. */
  readonly band?: Band;
  /** The runs' own values at the same x. */
  readonly members: readonly (readonly (number | null)[])[];
}

/** Over the positions at which any run has a measurement of its own. */
export function groupLine(key: string, { runs }: Subject, { x, values, measured }: AlignedRuns): GroupLine {
  const places = (measured[key] ?? []).flatMap((here, i) => (here === 1 ? [i] : []));
  const members = runs.flatMap((run) => {
    const column = values[run]?.[key];
    return column ? [places.map((i) => column[i] ?? null)] : [];
  });
  const moments = places.map((_, i) => momentsOf(members, i));
  const mean = moments.map((one) => (one.n === 0 ? null : one.mean));
  const line = { x: places.map((i) => x[i]!), mean, moments, members };
  if (members.length < 2) return line;
  const reaches = moments.map(({ n, mean: centre, variance }) => interval(centre, Math.sqrt(variance / n), n - 1));
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const band = {
    low: reaches.map(({ low }) => finite(low)),
    high: reaches.map(({ high }) => finite(high)),
    n: moments.map(({ n }) => n),
  };
  return { ...line, band };
}

function momentsOf(members: readonly (readonly (number | null)[])[], at: number): GroupMoments {
  let [n, mean, squares] = [0, 0, 0];
  for (const member of members) {
    const value = member[at];
    if (value == null) continue;
    n++;
    const off = value - mean;
    mean += off / n;
    squares += off * (value - mean);
  }
  return { n, mean, variance: n > 1 ? squares / (n - 1) : Number.NaN };
}
