/** Step time with the W&B sink on and off, in training runs of a small model. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../core/config/load.ts";
import type { Sink } from "../core/contract/sink.ts";
import { train } from "../core/run/train.ts";
import { builtIns } from "../plugins/index.ts";
import { createMemorySink } from "../plugins/sinks/memory.ts";
import { wandb } from "../plugins/sinks/wandb.ts";
import type { WandbRow } from "./wandb-row.ts";

const steps = 400;
/** Steps in a row with the sink on, then as many with it off: as many as analyzers have between two looks. */
const block = 10;

/** The sink at work in every other block of steps only, with the time spent in its `write` taken. */
function everyOtherBlock(sink: Sink): { readonly sink: Sink; readonly spentMs: () => number } {
  let spent = 0;
  const setup: Sink["setup"] = (options, notices) => {
    const instance = sink.setup(options, notices);
    return {
      ...instance,
      write(rows) {
        const begun = performance.now();
        const done = instance.write(rows.filter(({ step }) => isOn(step)));
        spent += performance.now() - begun;
        return done;
      },
    };
  };
  return { sink: { ...sink, setup }, spentMs: () => spent };
}

function isOn(step: number): boolean {
  return Math.floor(step / block) % 2 === 0;
}

/** What the sink adds to a step: its own share, and the difference between neighbouring blocks with and without it. */
export async function stepShare(dir: string): Promise<WandbRow[]> {
  const { sink, spentMs } = everyOtherBlock(wandb);
  const stepMs = await stepsOf(join(dir, "steps"), sink);
  // A row's own time is over before the sink gets it: what writing costs shows in the step after.
  const on: number[] = [];
  const off: number[] = [];
  for (const [i, ms] of stepMs.entries()) {
    if (i < 2 * block || isOn(i) !== isOn(i + 1)) continue;
    (isOn(i + 1) ? on : off).push(ms);
  }
  const share = (2 * spentMs()) / stepMs.reduce((sum, one) => sum + one, 0);
  const [a, b] = [median(on), median(off)];
  return [
    {
      what: "time in the sink's write, share of step time",
      measured: `${(100 * share).toFixed(2)} % of ${b.toFixed(1)} ms`,
      target: "<= 1 %",
      met: share <= 0.01,
    },
    {
      what: "median step time with the sink on against off, blocks of 10 steps in turns",
      measured: `${a.toFixed(2)} ms against ${b.toFixed(2)} ms (${(100 * (a / b - 1)).toFixed(1)} %)`,
      target: "<= 1 %, noise of the machine included",
      met: a / b - 1 <= 0.01,
    },
  ];
}

async function stepsOf(folder: string, sink: Sink): Promise<number[]> {
  mkdirSync(folder, { recursive: true });
  const memory = createMemorySink();
  const sinks = { memory: {}, wandb: { mode: "offline" } };
  const config = { train: { steps, warmup_steps: 5 }, eval: { every: 0 }, checkpoint: { every: 0 }, sinks };
  writeFileSync(join(folder, ".experimentrc.json"), JSON.stringify(config));
  const loaded = await loadConfig({ cwd: folder, env: {}, flags: { set: [], short: {} } });
  const table = { ...builtIns.sink, memory: async () => memory.sink, wandb: async () => sink };
  await train({ loaded, plugins: { ...builtIns, sink: table } });
  return memory.memory.rows.map(({ metrics }) => metrics["perf/step_ms"] ?? Number.NaN);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
