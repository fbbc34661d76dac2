/** A sweep under way: one bar with what is done, what runs and when it will end; a line for each failure. */
import type { RunNews, SweepHost } from "../../core/contract/executor.ts";
import { duration } from "../../core/run/step-line.ts";
import { labelOf } from "../../studies/sweep/settings.ts";
import type { Sweep } from "../../studies/sweep/sweep.ts";
import { bar, type StatusLine } from "../status-line.ts";

/** Between two drawings, ms; where nothing is drawn, between two lines. */
const redraw = 100;
const plainEvery = 10_000;

export interface SweepProgress {
  readonly host: SweepHost;
  end(): void;
}

/** `total`: runs that this start has to do. */
export function createSweepProgress(
  line: StatusLine,
  { runs, keys }: Sweep,
  total: number,
  clock: () => number = () => performance.now(),
): SweepProgress {
  const begun = clock();
  const running = new Map<number, number>(); // index to the share that is done
  const elsewhere = new Set<number>();
  let done = 0;
  let last = Number.NEGATIVE_INFINITY;
  const nameOf = (index: number) => `run ${index} (${labelOf(runs[index]?.settings ?? {}, keys)})`;

  const text = () => {
    const part = [...running.values()].reduce((sum, share) => sum + share, 0);
    const elapsed = clock() - begun;
    const left = done + part > 0 ? `  ${duration((elapsed * (total - done - part)) / (done + part))} left` : "";
    return `${done}/${total} runs  ${running.size} running${done < total ? left : ""}`;
  };
  const show = (now: boolean) => {
    if (!now && clock() - last < (line.live ? redraw : plainEvery)) return;
    last = clock();
    if (line.live) line.draw(`${bar(done, total)} ${text()}`);
    else line.print(text());
  };
  const report = (news: RunNews) => {
    if (news.kind === "started") running.set(news.index, 0);
    if (news.kind === "step") running.set(news.index, news.steps > 0 ? news.step / news.steps : 0);
    if (news.kind === "busy") {
      running.delete(news.index);
      if (!elsewhere.has(news.index))
        line.print(`${nameOf(news.index)} is under way in another process: waiting for it`);
      elsewhere.add(news.index);
    }
    if (news.kind === "ended") {
      running.delete(news.index);
      done++;
      if (news.state === "failed" || news.state === "killed" || (news.state === "finished" && news.reason))
        line.warn(`${nameOf(news.index)} ${news.state}: ${news.reason ?? ""}`);
    }
    show(done === total && news.kind === "ended");
  };
  return { host: { report, info: line.print, warn: line.warn }, end: line.clear };
}
