/**
 * What following units costs neuron-death: CPU time of a look at the frozen sequences, on the device and in its analysis, at several
 * numbers of followed units, beside that of a step. Table for docs/engine.md.
 *
 *     npm run -s bench:followed
 */
import type { NDArray } from "../core/arrays/ndarray.ts";
import { createRandom } from "../core/arrays/random.ts";
import type { AnalyzerMoment } from "../core/contract/analyzer.ts";
import type { Run } from "../core/contract/run.ts";
import { createEngine } from "../core/engine/choose.ts";
import type { Engine, State } from "../core/engine/engine.ts";
import { setUp } from "../core/host/analyzers.ts";
import { frozenStep, initialState, regroup, type StepPlan, scalarInputs, trainStep } from "../core/step/step.ts";
import { neuronDeath } from "../plugins/analyzers/neuron-death/index.ts";
import { tinyRun } from "../testing/world.ts";
import { median } from "./measure.ts";
import { planFor } from "./sizes.ts";

const shared = { n_heads: 4, n_ctx: 64, d_vocab: 256 };
const shapes = [
  { n_layers: 2, d_model: 64, d_mlp: 512, batch_size: 16, ...shared },
  { n_layers: 4, d_model: 128, d_mlp: 1024, batch_size: 16, ...shared },
  { n_layers: 2, d_model: 256, d_mlp: 4096, batch_size: 16, ...shared },
  { n_layers: 2, d_model: 512, d_mlp: 8192, batch_size: 16, ...shared },
  { n_layers: 1, d_model: 512, d_mlp: 32_768, batch_size: 16, ...shared },
];
const [rounds, every] = [4, 10];

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** CPU time of `work` after one call that is not counted, ms, median. */
async function timed(work: (round: number) => Promise<void> | void): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const begun = cpuMs();
    await work(round);
    if (round > 0) times.push(cpuMs() - begun);
  }
  return median(times);
}

function batchOf({ model, train }: StepPlan, sequences = train.batch_size): Record<"tokens" | "targets", NDArray> {
  const random = createRandom(1, "batch");
  const shape = [sequences, model.shape.n_ctx];
  const ids = () => Int32Array.from({ length: shape[0]! * shape[1]! }, () => random.integer(model.shape.d_vocab));
  return { tokens: { shape, data: ids() }, targets: { shape, data: ids() } };
}

async function stepMs(engine: Engine, plan: StepPlan, state: State): Promise<number> {
  const { step, signature } = trainStep({ ...plan, probes: [] });
  const program = await engine.compile(step, signature, "train");
  const inputs = batchOf(plan);
  const ms = await timed(async (round) => {
    await program.run(state, { ...inputs, ...scalarInputs(plan, round + 1) });
  });
  program.dispose();
  return ms;
}

/** A look and its analysis, with `followed` units of each layer. */
async function lookMs(engine: Engine, plan: StepPlan, state: State, followed: number): Promise<[number, number]> {
  const { model } = plan;
  const layers = Array.from({ length: model.shape.n_layers }, (_, layer) => model.layer(layer));
  const run: Run = { ...tinyRun(1).run, model: model.shape, layers, batchSize: plan.train.batch_size };
  const { instance } = setUp(neuronDeath, neuronDeath.options.parse({ followed_units: followed }), 1, run);
  const frozen = instance.frozen!;
  const { sequences, sites } = frozen;
  const probe = { name: neuronDeath.name, sites, probe: frozen.probe };
  const { step, signature } = frozenStep({ ...plan, sequences, probe });
  const program = await engine.compile(step, signature, "look");
  const inputs = batchOf(plan, sequences);
  let outputs = await program.run(state, inputs);
  const device = await timed(async () => {
    outputs = await program.run(state, inputs);
  });
  const at = { time: 0, lr: 1e-3, applied: true, shrink: 1, event: () => {} };
  const analysis = await timed(async (round) => {
    const moment = { ...at, step: 1 + every * round, tokens: round } as AnalyzerMoment;
    await frozen.analyze(regroup(outputs)[neuronDeath.name] as never, moment);
  });
  program.dispose();
  return [device, analysis];
}

const engine = await createEngine({ name: "onnx", threads: 1 });
console.log(
  `| layers x units, width | step | followed | look + analysis | a step, at every ${every}th | of the step |`,
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const shape of shapes) {
  const plan = planFor(shape);
  const state = await engine.upload(initialState(plan, createRandom(1, "weights")));
  const step = await stepMs(engine, plan, state);
  for (const followed of [64, 1024, 4096, shape.d_mlp].filter((n, i) => n < shape.d_mlp || i === 3)) {
    const [device, analysis] = await lookMs(engine, plan, state, followed);
    const each = (device + analysis) / every;
    const cells = [
      `${shape.n_layers} x ${shape.d_mlp}, ${shape.d_model}`,
      `${step.toFixed(0)} ms`,
      `${followed}`,
      `${device.toFixed(1)} + ${analysis.toFixed(1)} ms`,
      `${each.toFixed(2)} ms`,
      `${((100 * each) / step).toFixed(2)} %`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  engine.release(state);
}
await engine.dispose();
process.exit(0);
