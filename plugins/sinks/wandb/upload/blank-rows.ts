import { UploadError } from "../http/retry.ts";
import type { Lines } from "./batch.ts";

const atOnce = 10_000;
/** The most that are sent because a server counts more rows than there are. */
const most = 10_000_000;

/** Rows that hold a step and no metric, for the lines from `first` to before `end` of a log whose lines begin at `base`; the first has the step `step`. */
export function* blankRows(first: number, end: number, step: number, base: number): Generator<Lines> {
  if (end - first > most) throw new UploadError("rejected", `the server counts ${end} rows of a run that has ${first}`);
  for (let offset = first; offset < end; offset += atOnce) {
    const length = Math.min(atOnce, end - offset);
    yield {
      offset: base + offset,
      content: Array.from({ length }, (_, i) => `{"_step":${step + offset - first + i}}`),
    };
  }
}
