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

/** Over the positions at which a run of the group, or of `like`, has a measurement of its own. */
export function groupLine(key: string, { runs }: Subject, aligned: AlignedRuns, like?: Subject): GroupLine {
  const [places, x] = measuredBy(key, (like ?? { runs }).runs, aligned);
  const members = runs.flatMap((run) => {
    const column = aligned.values[run]?.[key];
    return column ? [places.map((i) => column[i] ?? null)] : [];
  });
  const moments = places.map((_, i) => momentsOf(members, i));
  const mean = moments.map((one) => (one.n === 0 ? null : one.mean));
  const line = { x, mean, moments, members };
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

/** Bins with a measurement of any of the runs, and where in them these lie: their mean. */
function measuredBy(key: string, runs: readonly number[], { measured, places }: AlignedRuns): [number[], number[]] {
  const lists = [...new Set(runs.map((run) => measured[run]?.[key]))].map((one) => places[one ?? -1] ?? []);
  const [bins, x]: [number[], number[]] = [[], []];
  for (let i = 0; i < Math.max(0, ...lists.map(({ length }) => length)); i++) {
    const here = lists.flatMap((list) => list[i] ?? []);
    if (here.length === 0) continue;
    bins.push(i);
    x.push(here.reduce((sum, at) => sum + at, 0) / here.length);
  }
  return [bins, x];
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
