/** What the four analyzers cost: host time at the paper's width, and time added to training at mid size; and a checkpoint. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NDArray } from "../core/arrays/ndarray.ts";
import { createRandom } from "../core/arrays/random.ts";
import { loadConfig } from "../core/config/load.ts";
import type { AnalyzerInstance, Probe } from "../core/contract/analyzer.ts";
import type { Run } from "../core/contract/run.ts";
import type { Sink } from "../core/contract/sink.ts";
import type { Site } from "../core/contract/sites.ts";
import { train } from "../core/run/train.ts";
import { HostReading } from "../core/step/reading.ts";
import { sequencesInWord } from "../plugins/analyzers/neuron-death/holding.ts";
import { builtIns } from "../plugins/index.ts";
import { createMemorySink } from "../plugins/sinks/memory.ts";
import { type Effort, median, readClock } from "./measure.ts";
import { sizes } from "./sizes.ts";

/** Analyzers to how often each looks; `{}` leaves that to the analyzer, `false` leaves the analyzer out. */
export type Cadences = Readonly<Record<string, { readonly every?: number } | false>>;

export const names = ["token-sparsity", "batch-union-sparsity", "layer-contrast", "neuron-death"] as const;
const all = (of: Cadences[string]): Cadences => Object.fromEntries(names.map((name) => [name, of]));
export const none = all(false);
export const byDefault = all({});
export const always = all({ every: 1 });

/** Steps of such a run: warm-up, in which programs are compiled (analyses by V8, over some looks), and then whole periods of the analyzers' default cadence. */
const [warmup, measured] = [61, 30];
export const period = 10;

/** What everything takes that happens between two rows 30 steps apart in a short run at mid size, looks at frozen text among it: ms a step. */
export async function stepTime(analyzers: Cadences, effort: Effort): Promise<number> {
  const times = await rowTimes(analyzers, warmup + measured + 1, effort);
  return (times[warmup + measured - 1]! - times[warmup - 1]!) / measured;
}

/**
 * What looks at every tenth step add within one run: periods of ten steps from the middle of one to the middle of the next, and what ten
 * of the steps around would take that no look touches, ms. What analyzers read at every step is in both.
 */
export async function periodTimes(periods: number, effort: Effort): Promise<{ whole: number[]; quiet: number[] }> {
  const first = warmup - 2 - period / 2; // the row of a step whose number ends in 5: rows are counted from 0, steps from 1
  const times = await rowTimes(byDefault, first + periods * period + 2, effort);
  const found: { whole: number[]; quiet: number[] } = { whole: [], quiet: [] };
  for (let from = first; from < first + periods * period; from += period) {
    found.whole.push(times[from + period]! - times[from]!);
    // Steps that end in 6 to 9, before the look, and in 3 to 5, after it: its analysis lasts into the first two.
    const untouched = [1, 2, 3, 4, 8, 9, 10].map((k) => times[from + k]! - times[from + k - 1]!);
    found.quiet.push(period * median(untouched));
  }
  return found;
}

/** Steps from one checkpoint to the next, and steps within which what one costs is over. */
const [saving, lasts] = [15, 10];

/** What some checkpoints add to the steps after them, ms, and how long a step takes that none is near. */
export async function checkpointTimes(effort: Effort): Promise<{ added: number[]; step: number }> {
  const times = await rowTimes(none, 5 * saving, effort, saving);
  const steps = times.slice(1).map((time, k) => time - times[k]!);
  const step = median(steps.slice(saving));
  // A checkpoint follows the row of its step, and the first row is of step 1.
  const added = [2, 3, 4].map((k) => times[k * saving - 1 + lasts]! - times[k * saving - 1]! - lasts * step);
  return { added, step };
}

/** When each row of a run at mid size was written, by the clock; with a checkpoint every so many steps, if not 0. */
async function rowTimes(analyzers: Cadences, steps: number, { threads, clock }: Effort, every = 0): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
  const times: number[] = [];
  const { batch_size, d_vocab: _, ...model } = sizes.mid;
  const config = {
    model,
    train: { batch_size, steps, warmup_steps: 1 },
    eval: { every: 0, windows: 8 },
    analyzers,
    checkpoint: { every },
  };
  const flags = { short: { ...config, sinks: { clock: {} }, engine: { name: "onnx", threads } } };
  try {
    const loaded = await loadConfig({ cwd: folder, env: {}, flags });
    const sink = clockSink(() => times.push(readClock(clock)));
    await train({ loaded, plugins: { ...builtIns, sink: { ...builtIns.sink, clock: async () => sink } } });
    return times;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `tick` for each row. */
function clockSink(tick: () => void): Sink {
  const { sink } = createMemorySink();
  return {
    ...sink,
    setup: (...args) => {
      const instance = sink.setup(...args);
      return {
        ...instance,
        write(row) {
          tick();
          return instance.write(row);
        },
      };
    },
  };
}

/** The paper's width: six layers of 32768 units, 8192 tokens. */
const [n_layers, d_mlp, batch, pos] = [6, 32_768, 128, 64];

/** Seconds of one analysis by all four at the paper's width, and the memory held after it, bytes. */
export async function paperAnalysis(rounds: number): Promise<{ seconds: number[]; bytes: number }> {
  const readings = paperReadings();
  const model = { n_layers, d_model: 512, n_heads: 8, d_mlp, n_ctx: pos, d_vocab: 256 };
  const layer = { W_in: "W_in", W_out: "W_out", norm: { kind: "layernorm", epsilon: 1e-5, gain: "w" } };
  const layers = Array.from({ length: model.n_layers }, () => layer);
  const run = {
    model,
    layers,
    held: [],
    seed: 1,
    warmupSteps: 0,
    batchSize: batch,
    config: {},
    tokensPerStep: batch * pos,
  } as unknown as Run;
  const instances: AnalyzerInstance<Site, Probe>[] = [];
  for (const name of names) {
    const plugin = await builtIns.analyzer[name]!();
    instances.push(plugin.setup(plugin.options.parse({}) as never, run));
  }
  const at = { time: 0, lr: 1e-3, applied: true, shrink: 1, event: () => {} };
  const seconds: number[] = [];
  const before = process.memoryUsage().rss;
  for (let step = 1; step <= rounds + 1; step++) {
    const begun = performance.now();
    for (const instance of instances) {
      await instance.analyze(readings as never, { ...at, step, tokens: step * batch * pos });
    }
    if (step > 1) seconds.push((performance.now() - begun) / 1e3);
  }
  return { seconds, bytes: process.memoryUsage().rss - before };
}

/** Counts with a wide range of frequencies, as a device would hand them over. */
function paperReadings(): Record<string, HostReading | HostReading[]> {
  const random = createRandom(1, "paper");
  const layers = Array.from({ length: n_layers }, () => {
    const perSequence = new Int32Array(batch * d_mlp);
    const rates = Float64Array.from({ length: d_mlp }, () => 0.5 * pos * random.next() ** 6);
    for (let at = 0; at < perSequence.length; at++) {
      perSequence[at] = Math.min(pos, Math.floor(-Math.log(1 - random.next()) * rates[at % d_mlp]!));
    }
    return perSequence;
  });
  const floats = () => ({ shape: [d_mlp], data: new Float32Array(d_mlp).fill(1) });
  const readings: Record<string, NDArray | NDArray[]> = {
    perSequence: layers.map((data) => ({ shape: [batch, d_mlp], data })),
    perToken: layers.map(() => ({ shape: [batch, pos], data: new Int32Array(batch * pos).fill(2000) })),
    perUnit: layers.map((data) => totals(data, (count) => count)),
    sequences: layers.map((data) => totals(data, Math.sign)),
    squares: layers.map((data) => ({ shape: [1, d_mlp], data: totals(data, (count) => count ** 2).data })),
    sums: layers.map(floats),
    holding: layers.map((data) => ({ shape: [batch / sequencesInWord, d_mlp], data: holdingOf(data) })),
    gradients: layers.map(floats),
    gradNorm: { shape: [], data: Float32Array.of(1) },
  };
  const held = ([name, one]: [string, NDArray | NDArray[]]) =>
    [name, Array.isArray(one) ? one.map((layer) => new HostReading(layer, name)) : new HostReading(one, name)] as const;
  return Object.fromEntries(Object.entries(readings).map(held));
}

/** Sums over sequences of what counts are turned into. */
function totals(perSequence: Int32Array, of: (count: number) => number): NDArray {
  const data = new Int32Array(d_mlp);
  for (let at = 0; at < perSequence.length; at++) data[at % d_mlp]! += of(perSequence[at]!);
  return { shape: [d_mlp], data };
}

/** Which sequences hold each unit, as neuron-death's probe makes it. */
function holdingOf(perSequence: Int32Array): Int32Array {
  const words = new Int32Array((batch / sequencesInWord) * d_mlp);
  for (let at = 0; at < perSequence.length; at++) {
    const b = Math.floor(at / d_mlp);
    if (perSequence[at]! > 0)
      words[Math.floor(b / sequencesInWord) * d_mlp + (at % d_mlp)]! |= 1 << (b % sequencesInWord);
  }
  return words;
}
