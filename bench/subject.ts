/**
 * One engine in a process of its own. Its argument is a `SubjectOptions` in JSON. Answers each line on stdin with one line of JSON:
 * `run N` and `run N probes` with the times of N steps in ms, `memory` with the peak resident bytes, `resident` with those now, `end`
 * once its programs are disposed.
 */
import { createInterface } from "node:readline";
import { createRandom } from "../core/arrays/random.ts";
import { createEngine } from "../core/engine/choose.ts";
import type { Engine, Program, SkipSilent, State } from "../core/engine/engine.ts";
import { createOnnxEngine } from "../core/engine/onnx/engine.ts";
import { tf } from "../core/engine/tensorflow.ts";
import { stepProbe } from "../core/step/probe.ts";
import { initialState, type StepProbe, scalarInputs, trainStep } from "../core/step/step.ts";
import { builtIns } from "../plugins/index.ts";
import { tinyRun } from "../testing/world.ts";
import { type Clock, readClock } from "./measure.ts";
import { silenced } from "./silenced.ts";
import { planOf, type SizeName } from "./sizes.ts";
import { stockWasm } from "./stock-wasm.ts";

export interface SubjectOptions {
  readonly engine: string;
  readonly size: SizeName;
  readonly threads: number;
  /** What times are taken of; default wall. */
  readonly clock?: Clock;
  /** The share of units that can fire, a number for each layer; all where it is left out. */
  readonly live?: readonly number[];
  /** Micro-batches of the size's batch; default 1. */
  readonly accumulate?: number;
  /** Whose probes; default those of token-sparsity and batch-union-sparsity. */
  readonly analyzers?: readonly string[];
  /** Of the onnx engine: as in its options. */
  readonly profile?: string | undefined;
  readonly skip_silent?: SkipSilent;
}

const options = JSON.parse(process.argv[2]!) as SubjectOptions;
const { threads, clock = "wall", live, profile, skip_silent = "auto" } = options;
tf.enableProdMode();
const plan = planOf(options.size, options.accumulate);
const random = createRandom(1, "bench");

async function engineOf(name: string): Promise<Engine> {
  if (name === "wasm-stock") return stockWasm();
  if (name === "onnx") return createOnnxEngine({ threads, skip_silent, ...(profile !== undefined && { profile }) });
  return createEngine({ name: name as "cpu", threads });
}

const engine = await engineOf(options.engine);

const sequences = plan.train.batch_size * plan.train.accumulate;

async function probesOf(names: readonly string[]): Promise<StepProbe[]> {
  const { run } = tinyRun(1);
  const { shape } = plan.model;
  const layers = Array.from({ length: shape.n_layers }, (_, layer) => plan.model.layer(layer));
  const own = { ...run, model: shape, layers, batchSize: sequences, tokensPerStep: sequences * shape.n_ctx };
  const plugins = await Promise.all(names.map((name) => builtIns.analyzer[name]!()));
  return plugins.map((plugin) => stepProbe(plugin, plugin.setup(plugin.options.parse({}) as never, own)));
}

const probes = await probesOf(options.analyzers ?? ["token-sparsity", "batch-union-sparsity"]);

const programs = new Map<boolean, { program: Program; builtIn: number }>();
let state: State | undefined;
let at = 0;

async function programFor(probed: boolean) {
  const known = programs.get(probed);
  if (known !== undefined) return known;
  const start = performance.now();
  const { step, signature } = trainStep({ ...plan, probes: probed ? probes : [] });
  const made = { program: await engine.compile(step, signature, "train"), builtIn: performance.now() - start };
  programs.set(probed, made);
  return made;
}

async function step(probed: boolean): Promise<number> {
  const { program } = await programFor(probed);
  state ??= await engine.upload(silenced(initialState(plan, createRandom(1, "weights")), live));
  const shape = [sequences, plan.model.shape.n_ctx];
  const ids = () => ({
    shape,
    data: Int32Array.from({ length: shape[0]! * shape[1]! }, () => random.integer(plan.model.shape.d_vocab)),
  });
  const inputs = { tokens: ids(), targets: ids(), ...scalarInputs(plan, Math.min(++at, 500)) };
  const start = readClock(clock);
  await program.run(state, inputs);
  return readClock(clock) - start;
}

async function answer(line: string): Promise<unknown> {
  const [command, count, probed] = line.split(" ");
  if (command === "memory") return process.resourceUsage().maxRSS * 1024;
  if (command === "resident") {
    globalThis.gc?.();
    return process.memoryUsage().rss;
  }
  if (command === "end") {
    for (const { program } of programs.values()) program.dispose();
    await engine.dispose();
    return null;
  }
  if (command === "build") return (await programFor(false)).builtIn;
  const times: number[] = [];
  for (let i = 0; i < Number(count); i++) times.push(await step(probed === "probes"));
  return times;
}

console.log(JSON.stringify({ version: engine.device }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(line)));
process.exit(0);
