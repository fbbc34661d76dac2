/** Deaths against spikes of loss and gradient: was it an outlier? */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { eventStudy, spikesOf } from "../../../statistics/event-study.ts";

/** Steps after a spike that count as near it. */
const reach = 10;

/** A step whose loss or gradient norm stands out. */
export interface Spike {
  readonly of: "loss" | "gradient";
  readonly spike_step: number;
  readonly value: number;
}

/** Loss, gradient norm and deaths of every analysed step. */
export interface SpikeLog {
  add(step: number, loss: number, gradNorm: number): void;
  death(lastStep: number): void;
  /** Spikes since the last call. */
  fresh(): Spike[];
  numbers(): Record<string, number>;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** An empty log. */
export function createSpikeLog(): SpikeLog {
  let steps: number[] = [];
  let losses: number[] = [];
  let norms: number[] = [];
  let deaths: number[] = [];
  let told = [0, 0];
  return {
    add: (step, loss, gradNorm) => {
      steps.push(step);
      losses.push(loss);
      norms.push(gradNorm);
    },
    death: (lastStep) => {
      deaths.push(lastStep);
    },
    fresh: () => {
      const series = [["loss", losses] as const, ["gradient", norms] as const];
      return series.flatMap(([of, values], k) => {
        const all = spikesOf(values);
        const found = all.slice(told[k]);
        told[k] = all.length;
        return found.map((i): Spike => ({ of, spike_step: steps[i]!, value: values[i]! }));
      });
    },
    numbers: () => {
      const at = new Map(steps.map((step, i) => [step, i]));
      const perStep = new Float64Array(steps.length);
      for (const step of deaths) {
        const i = at.get(step);
        if (i !== undefined) perStep[i]!++;
      }
      const loss = eventStudy(perStep, spikesOf(losses), reach);
      const grad = eventStudy(perStep, spikesOf(norms), reach);
      return {
        loss_spikes: loss.spikes,
        loss_spike_rate_ratio: loss.rateRatio,
        loss_spike_p: loss.p,
        grad_spikes: grad.spikes,
        grad_spike_rate_ratio: grad.rateRatio,
        grad_spike_p: grad.p,
      };
    },
    save: () => {
      const all = Object.entries({ steps, losses, norms, deaths, told });
      return Object.fromEntries(
        all.map(([name, values]) => [name, { shape: [values.length], data: Float64Array.from(values) }]),
      );
    },
    load: (state) => {
      const numbers = (name: string) => Array.from(state[name]?.data ?? []);
      [steps, losses, norms, deaths] = [numbers("steps"), numbers("losses"), numbers("norms"), numbers("deaths")];
      told = state.told ? numbers("told") : [0, 0];
    },
  };
}
