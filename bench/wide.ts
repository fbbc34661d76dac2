/** What accumulation frees of a wide model's step, all four analyzers looking on. */
import { names } from "./analyzers.ts";
import { Child } from "./child.ts";
import { alternated, mb, ms, ratioOf } from "./measure.ts";
import type { BenchRow } from "./row.ts";

const parts = 4;

export const wide: BenchRow = {
  id: "wide",
  what: `peak memory in ${parts} micro-batches vs in one batch, all four analyzers' probes, wide (2 layers, 256, 8192, 2048 tokens)`,
  target: { at: "most", value: 0.8, text: "<= 0.8x" },
  measure: async (effort) => {
    const open = (accumulate: number) =>
      Child.engine({ engine: "onnx", size: "wide", accumulate, analyzers: names, ...effort });
    const [whole, cut] = [await open(1), await open(parts)];
    const few = { ...effort, warmup: 1, rounds: Math.min(effort.rounds, 7) };
    const [a, b] = await alternated(
      () => whole.ask("run 1 probes"),
      () => cut.ask("run 1 probes"),
      few,
    );
    const peaks = [await whole.ask<number>("memory"), await cut.ask<number>("memory")] as const;
    for (const child of [whole, cut]) child.end();
    const times = `${ms(b)} a step against ${ms(a)} (${ratioOf(a, b).toFixed(2)}x)`;
    return { ratio: peaks[1] / peaks[0], detail: `${mb(peaks[1])} against ${mb(peaks[0])}; ${times}` };
  },
};
