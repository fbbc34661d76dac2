/** What a run says while it works: to whoever watches it, into the console logs of its sinks, and, warnings, on record. */
import type { Moment } from "../contract/run.ts";
import type { Output, RunEvent } from "../contract/sink.ts";
import type { SinkQueue } from "../host/sink-queue.ts";
import type { Observer } from "./observer.ts";

/** The voice of a run. */
export interface RunNotices {
  info(message: string): void;
  warn(message: string): void;
}

/** Sinks are those that are open by the time something is said; `now` is the moment of the last step on record. */
export function createNotices(observer: Observer, sinks: readonly SinkQueue[], now: () => Moment): RunNotices {
  const print = (stream: Output["stream"], text: string) => {
    for (const sink of sinks) sink.output({ stream, time: now().time, text });
  };
  return {
    info: (message) => {
      observer.info?.(message);
      print("stdout", message);
    },
    warn: (message) => {
      observer.warning?.(message);
      const event: RunEvent = { ...now(), source: "run", kind: "warning", data: { message } };
      for (const sink of sinks) void sink.event(event);
      print("stderr", `warning: ${message}`);
    },
  };
}
