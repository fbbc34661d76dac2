/**
 * The xla engine in a process of its own. Arguments: size, precision, devices, plugin (may be empty). Answers each line on
 * stdin with one line of JSON: `run N` with the times of N steps in ms, `losses N` with the losses of N steps from a fresh start, both
 * with the probes of analyzers that are named behind (`run N token-sparsity,neuron-death`); `memory` with bytes in use and their
 * peak, `handles` with how many are held.
 */
import { createInterface } from "node:readline";
import type { NDArray } from "../../core/arrays/ndarray.ts";
import { createRandom } from "../../core/arrays/random.ts";
import type { Run } from "../../core/contract/run.ts";
import type { PrecisionName, Program, State } from "../../core/engine/engine.ts";
import { tf } from "../../core/engine/tensorflow.ts";
import { createXlaEngine } from "../../core/engine/xla/engine.ts";
import { stepProbe } from "../../core/step/probe.ts";
import { initialState, type StepProbe, scalarInputs, trainStep } from "../../core/step/step.ts";
import { builtIns } from "../../plugins/index.ts";
import { planOf, type SizeName } from "./sizes.ts";

const [size, precision, devices, plugin] = process.argv.slice(2) as [SizeName, PrecisionName, string, string?];
tf.enableProdMode();
const plan = planOf(size, Number(devices));
const engine = await createXlaEngine({ precision, devices: Number(devices), plugin: plugin || undefined });

async function probesOf(names: readonly string[]): Promise<StepProbe[]> {
  const { shape } = plan.model;
  const tokensPerStep = plan.train.batch_size * shape.n_ctx;
  const about = { model: shape, batchSize: plan.train.batch_size, tokensPerStep, seed: 1, warmupSteps: 0 };
  const run = {
    ...about,
    layers: Array.from({ length: shape.n_layers }, (_, layer) => plan.model.layer(layer)),
    held: [],
    config: { engine: { name: "xla" }, model: { norm: "layernorm" }, train: plan.train },
  } as unknown as Run;
  return Promise.all(
    names.map(async (name) => {
      const analyzer = await builtIns.analyzer[name]!();
      return stepProbe(analyzer, analyzer.setup(analyzer.options.parse({}) as never, run));
    }),
  );
}

const programs = new Map<string, Promise<Program>>();

function programFor(analyzers: string): Promise<Program> {
  const known = programs.get(analyzers);
  if (known !== undefined) return known;
  const made = (async () => {
    const { step, signature } = trainStep({ ...plan, probes: await probesOf(analyzers.split(",").filter(Boolean)) });
    return engine.compile(step, signature, "train");
  })();
  programs.set(analyzers, made);
  return made;
}

function inputs(step: number): Record<string, NDArray> {
  const random = createRandom(step, "bench");
  const shape = [plan.train.batch_size, plan.model.shape.n_ctx];
  const count = shape[0]! * shape[1]!;
  const tokens = Int32Array.from({ length: count }, () => random.integer(Math.min(40, plan.model.shape.d_vocab)));
  const targets = tokens.map((id) => (id * 7 + 3) % plan.model.shape.d_vocab);
  const scalars = scalarInputs(plan, Math.min(step, 500));
  return { tokens: { shape, data: tokens }, targets: { shape, data: targets }, ...scalars };
}

const fresh = () => engine.upload(initialState(plan, createRandom(1, "weights")));

/** Times between the ends of steps, two of which are asked for at a time, as the trainer does. */
async function timed(program: Program, state: State, count: number): Promise<number[]> {
  const times: number[] = [];
  const batches = Array.from({ length: 4 }, (_, i) => inputs(i + 1));
  let ahead = program.run(state, batches[0]!);
  let since = performance.now();
  for (let i = 1; i <= count; i++) {
    const next = program.run(state, batches[i % batches.length]!);
    await ahead;
    const now = performance.now();
    times.push(now - since);
    since = now;
    ahead = next;
  }
  await ahead;
  return times;
}

let state: State | undefined;

async function answer(line: string): Promise<unknown> {
  const [command, count, analyzers = ""] = line.split(" ");
  if (command === "memory") return engine.memory();
  if (command === "handles") return engine.handles();
  const begun = performance.now();
  const program = await programFor(analyzers);
  if (command === "compile") return performance.now() - begun;
  if (command === "run") {
    state ??= await fresh();
    return timed(program, state, Number(count));
  }
  const own = await fresh();
  const losses: number[] = [];
  for (let step = 1; step <= Number(count); step++) losses.push((await program.run(own, inputs(step))).loss!.data[0]!);
  engine.release(own);
  return losses;
}

console.log(JSON.stringify({ version: engine.device }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(line)));
process.exit(0);
