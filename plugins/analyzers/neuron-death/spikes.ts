/** Deaths against spikes of loss and gradient: was it an outlier? */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { createEventLog, createSpikeFinder, type EventLog, type SpikeFinder } from "../../../statistics/event-study.ts";

/** Steps after a spike that count as near it. */
const reach = 10;

/** A step whose loss or gradient norm stands out. */
export interface Spike {
  readonly of: "loss" | "gradient";
  readonly spike_step: number;
  readonly value: number;
}

/** Spikes and deaths so far; what a step adds costs the same however long the run is. */
export interface SpikeLog {
  add(step: number, loss: number, gradNorm: number): void;
  death(lastStep: number): void;
  /** Spikes since the last call. */
  fresh(): Spike[];
  numbers(): Record<string, number>;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

interface Series {
  readonly of: Spike["of"];
  finder: SpikeFinder;
  log: EventLog;
}

/** An empty log. */
export function createSpikeLog(): SpikeLog {
  const series = (["loss", "gradient"] as const).map(
    (of): Series => ({ of, finder: createSpikeFinder(), log: createEventLog(reach) }),
  );
  let fresh: Spike[] = [];
  return {
    add: (step, loss, gradNorm) => {
      for (const { of, finder, log } of series) {
        const value = of === "loss" ? loss : gradNorm;
        if (!finder.add(value)) continue;
        log.spike(step);
        fresh.push({ of, spike_step: step, value });
      }
    },
    death: (lastStep) => {
      for (const { log } of series) log.event(lastStep);
    },
    fresh: () => {
      const found = fresh;
      fresh = [];
      return found;
    },
    numbers: () => {
      const entries = series.flatMap(({ of, log }) => {
        const { spikes, near, expected, rateRatio, p, detectable } = log.result();
        const name = of === "loss" ? "loss" : "grad";
        const numbers = { s: spikes, _deaths: near, _deaths_expected: expected, _rate_ratio: rateRatio, _p: p };
        const all = { ...numbers, _detectable: detectable };
        return Object.entries(all).map(([end, value]) => [`${name}_spike${end}`, value] as const);
      });
      return Object.fromEntries(entries);
    },
    save: () => {
      const entries = series.flatMap(({ of, finder, log }) =>
        Object.entries({ ...log.save(), recent: Float64Array.from(finder.recent) }).map(
          ([name, data]): [string, NDArray] => [`${of}/${name}`, { shape: [data.length], data }],
        ),
      );
      return Object.fromEntries(entries);
    },
    load: (state) => {
      for (const one of series) {
        const numbers = (name: string) => Array.from(state[`${one.of}/${name}`]?.data ?? []);
        one.log = createEventLog(reach);
        one.finder = createSpikeFinder(undefined, undefined, numbers("recent"));
        for (const step of numbers("spikes")) one.log.spike(step);
        const events = numbers("events");
        for (let k = 0; k < events.length; k += 2) one.log.event(events[k]!, events[k + 1]!);
      }
    },
  };
}
