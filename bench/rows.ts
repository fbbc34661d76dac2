/** The rows of the table. */
import {
  always,
  byDefault,
  type Cadences,
  checkpointTimes,
  none,
  paperAnalysis,
  period,
  periodTimes,
  stepTime,
} from "./analyzers.ts";
import { Child } from "./child.ts";
import { alternated, type Effort, mb, median, ms, ratioOf } from "./measure.ts";
import { againstPytorch, faster, noTorch } from "./pytorch.ts";
import { type BenchRow, least, type Result } from "./row.ts";
import { skip } from "./skip.ts";
import { wide } from "./wide.ts";

function againstEngine(name: string, target: number): BenchRow {
  return {
    id: name,
    what: `step time vs tfjs ${name}, small`,
    target: least(target),
    measure: (effort) => {
      const slow = { ...effort, rounds: Math.min(effort.rounds, name === "tensorflow" ? effort.rounds : 3), warmup: 1 };
      const ours = { engine: "onnx", size: "small", ...effort } as const;
      const other = () => Child.engine({ ...ours, engine: name });
      return faster(ours, other, `the ${name} engine is not available`, slow);
    },
  };
}

/** What probes on every step add to a child's step time; ends the child. */
async function probeCost(child: Child, effort: Effort): Promise<Result> {
  const [plain, probed] = await alternated(
    () => child.ask("run 1"),
    () => child.ask("run 1 probes"),
    effort,
  );
  child.end();
  return { ratio: ratioOf(plain, probed) - 1, detail: `${ms(plain)} without, ${ms(probed)} with` };
}

function probesOf(id: string, what: string, analyzers: readonly string[], most: number): BenchRow {
  return {
    id,
    what: `${what}, added to step time, mid`,
    target: { at: "most", value: most, text: `<= ${100 * most} %` },
    measure: async (effort) => {
      const child = await Child.engine({ engine: "onnx", size: "mid", ...effort, analyzers });
      return probeCost(child, effort);
    },
  };
}

const pytorchProbes: BenchRow = {
  id: "pytorch-probes",
  what: "the same counts in PyTorch, added to its step time, mid",
  target: { at: "most", value: Number.POSITIVE_INFINITY, text: "for comparison" },
  measure: async (effort) => {
    const child = await Child.pytorch("mid", effort);
    if (child === undefined) return noTorch;
    return probeCost(child, effort);
  },
};

const memory: BenchRow = {
  id: "memory",
  what: "peak memory vs PyTorch, mid",
  target: { at: "most", value: 1.2, text: "<= 1.2x" },
  measure: async (effort) => {
    const other = await Child.pytorch("mid", effort);
    if (other === undefined) return noTorch;
    const ours = await Child.engine({ engine: "onnx", size: "mid", ...effort });
    const peaks: number[] = [];
    for (const child of [ours, other]) {
      await child.ask("run 4");
      peaks.push(await child.ask<number>("memory"));
      child.end();
    }
    const [a, b] = peaks as [number, number];
    return { ratio: a / b, detail: `${mb(a)} against ${mb(b)} (${other.version})` };
  },
};

const growth: BenchRow = {
  id: "growth",
  what: "memory growth from step 200 to step 2 200, tiny, probes on",
  target: { at: "most", value: 0.01, text: "<= 1 %" },
  measure: async (effort) => {
    const child = await Child.engine({ engine: "onnx", size: "tiny", ...effort });
    await child.ask("run 200 probes");
    const before = await child.ask<number>("resident");
    await child.ask("run 2000 probes");
    const after = await child.ask<number>("resident");
    child.end();
    return { ratio: after / before - 1, detail: `${mb(before)} to ${mb(after)}` };
  },
};

const build: BenchRow = {
  id: "build",
  what: "trace + session build, six layers (mid)",
  target: { at: "most", value: 1, text: "<= 1 s" },
  measure: async (effort) => {
    const seconds: number[] = [];
    for (let i = 0; i < Math.min(effort.rounds, 5); i++) {
      const child = await Child.engine({ engine: "onnx", size: "mid", ...effort });
      seconds.push((await child.ask<number>("build")) / 1e3);
      child.end();
    }
    return { ratio: median(seconds), detail: `${median(seconds).toFixed(2)} s` };
  },
};

/** Time that the four analyzers add to whole training steps: analysis and writing included. */
function analyzed(id: string, what: string, cadences: Cadences, most: number): BenchRow {
  return {
    id,
    what: `${what}, added to training's step time, mid`,
    target: { at: "most", value: most, text: `<= ${Math.round(100 * most)} %` },
    measure: async (effort) => {
      const few = { ...effort, warmup: 0, rounds: Math.min(effort.rounds, 5) };
      const run = (analyzers: Cadences) => async () => [await stepTime(analyzers, effort)];
      const [plain, watched] = await alternated(run(none), run(cadences), few);
      const detail = `${median(plain).toFixed(1)} ms a step without, ${median(watched).toFixed(1)} ms with`;
      return { ratio: ratioOf(plain, watched) - 1, detail };
    },
  };
}

const looks: BenchRow = {
  id: "looks",
  what: "looks of all four analyzers as often as by default, added to the steps around them, mid",
  target: { at: "most", value: 0.03, text: "<= 3 %" },
  measure: async (effort) => {
    const { whole, quiet } = await periodTimes(Math.min(effort.rounds, 15), effort);
    const [between, all] = [quiet, whole].map((times) => (median(times) / period).toFixed(1));
    const detail = `${between} ms a step between looks, ${all} ms over all`;
    return { ratio: ratioOf(quiet, whole) - 1, detail };
  },
};

const checkpoint: BenchRow = {
  id: "checkpoint",
  what: "steps that a checkpoint costs, mid",
  target: { at: "most", value: 3, text: "<= 3 steps" },
  measure: async (effort) => {
    const { added, step } = await checkpointTimes(effort);
    return { ratio: median(added) / step, detail: `${ms(added)} beside steps of ${step.toFixed(0)} ms` };
  },
};

const paper: BenchRow = {
  id: "analysis",
  what: "host time of one analysis by all four, 6 layers of 32768 units, 8192 tokens",
  target: { at: "most", value: 1, text: "<= 1 s" },
  measure: async ({ rounds }) => {
    const { seconds, bytes } = await paperAnalysis(Math.min(rounds, 7));
    return { ratio: median(seconds), detail: `${median(seconds).toFixed(2)} s, ${mb(bytes)} more resident` };
  },
};

export const rows: readonly BenchRow[] = [
  ...againstPytorch,
  againstEngine("wasm-stock", 35),
  againstEngine("cpu", 180),
  againstEngine("tensorflow", 2.5),
  probesOf("probes", "token and union probes on every step", ["token-sparsity", "batch-union-sparsity"], 0.02),
  probesOf("probes-death", "neuron-death's probe on every step", ["neuron-death"], 0.01),
  pytorchProbes,
  memory,
  growth,
  wide,
  ...skip,
  build,
  analyzed("analyzers", "all four analyzers as often as they look by default", byDefault, 0.03),
  analyzed("analyzers-always", "all four analyzers on every step", always, 0.05),
  looks,
  checkpoint,
  paper,
];
