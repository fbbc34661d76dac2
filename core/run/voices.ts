/** The sinks of a run as they are set up, what they may ask for, and the voice of the run that goes to all of them. */
import type { Run } from "../contract/run.ts";
import type { SinkHost } from "../contract/sink.ts";
import { setUpSink } from "../host/analyzers.ts";
import type { ChosenPlugins } from "../host/resolve.ts";
import { createSinkQueue, type SinkQueue } from "../host/sink-queue.ts";
import { createNotices, type RunNotices } from "./notices.ts";
import type { Observer } from "./observer.ts";
import { momentOf, type Progress } from "./progress.ts";
import type { RunRequest } from "./request.ts";

/** Where rows go and what is said. */
export interface Voices {
  readonly sinks: readonly SinkQueue[];
  readonly notices: RunNotices;
  /** Aborted, with the reason, when a sink asks the run to stop. */
  readonly stopAsked: AbortSignal;
}

interface Parts {
  readonly request: RunRequest;
  readonly chosen: ChosenPlugins;
  readonly run: Run;
  readonly progress: Progress;
  readonly observer: Observer;
  readonly clock: () => number;
}

/** Sets the sinks up; none is opened. */
export function createVoices({ request, chosen, run, progress, observer, clock }: Parts): Voices {
  const sinks: SinkQueue[] = [];
  const notices = createNotices(observer, sinks, () => momentOf(run, progress.step, clock()));
  const asked = new AbortController();
  const stop = (reason: string) => {
    if (asked.signal.aborted || progress.step >= run.steps) return;
    const why = String(reason).replace(/\s+/g, " ").slice(0, 200);
    asked.abort(why);
    notices.warn(`${why}: finishing the step and saving a checkpoint.`);
  };
  const { drawCharts } = request;
  const host: SinkHost = {
    ...notices,
    stop,
    progress: (done, total) => observer.progress?.(done, total),
    ...(drawCharts && { drawCharts: (charts) => drawCharts(run.dir, charts) }),
  };
  for (const { plugin, options } of chosen.sink) {
    sinks.push(createSinkQueue(plugin.name, setUpSink(plugin, options, host), notices.warn));
  }
  return { sinks, notices, stopAsked: asked.signal };
}
