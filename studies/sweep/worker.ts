/** A process that does one run of a sweep after another, as a pool tells it: what runs share is made once. */
import type { WorkerOrder, WorkerReport } from "../../core/contract/executor.ts";
import { createWorkshop } from "../../core/run/workshop.ts";
import type { OpenSweep } from "./snapshot.ts";
import { type PlannedOptions, trainPlanned } from "./train-planned.ts";

/** The channel to the pool; `process` has these. */
export interface Channel {
  on(event: "message", listener: (order: WorkerOrder) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  send?(report: WorkerReport): unknown;
  disconnect(): void;
}

/** Least time between two reports of steps, ms. */
const between = 200;

/** Works until it is told to stop, or until the pool is gone; a run that is under way is then saved. */
export async function work(
  sweep: OpenSweep,
  channel: Channel,
  options: Pick<PlannedOptions, "plugins" | "threads" | "drawCharts">,
): Promise<void> {
  const stopping = new AbortController();
  const workshop = createWorkshop();
  const orders: number[] = [];
  let wake = () => {};
  const stop = (reason: string) => {
    stopping.abort(reason);
    wake();
  };
  channel.on("message", (order) => {
    if ("stop" in order) return stop("the sweep was stopped");
    orders.push(order.run);
    wake();
  });
  channel.on("disconnect", () => stop("the sweep's own process is gone"));
  const report = (news: WorkerReport) => {
    try {
      channel.send?.(news);
    } catch {
      // The pool is gone: `disconnect` says so.
    }
  };
  try {
    report({ kind: "ready" });
    while (!stopping.signal.aborted) {
      const index = orders.shift();
      if (index === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      let told = 0;
      report({ kind: "started", index });
      const end = await trainPlanned(sweep, index, {
        ...options,
        workshop,
        signal: stopping.signal,
        observer: {
          step: ({ step, steps }) => {
            if (performance.now() - told < between) return;
            told = performance.now();
            report({ kind: "step", index, step, steps });
          },
        },
      });
      const { state, reason } = end;
      report(
        state === "busy"
          ? { kind: "busy", index }
          : { kind: "ended", index, state, ...(reason !== undefined && { reason }) },
      );
    }
  } finally {
    await workshop.close();
    channel.disconnect();
  }
}
