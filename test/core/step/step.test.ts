import { expect } from "chai";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../core/arrays/random.ts";
import { createEngine } from "../../../core/engine/choose.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import { evalStep, initialState, regroup, type StepProbe, scalarInputs, trainStep } from "../../../core/step/step.ts";
import { assertClose, meanOf } from "../../helpers/closeness.ts";
import { tinyBatch, tinyPlan, trainTiny } from "../../helpers/tiny-plan.ts";

/** Reads every site-dependent thing that a probe can. */
const busy: StepProbe = {
  name: "busy",
  sites: ["mlp_post", "attn_pattern", "logits"],
  probe: ({ mlp_post, attn_pattern, logits }, { tf, tokens, grads }) => ({
    counts: mlp_post.map((h) => tf.sum(tf.cast(tf.greater(h, 0), "int32"), 1)), // [batch d_mlp]
    diagonal: tf.mean(attn_pattern[0]!),
    first: tf.slice(logits, [0, 0, 0], [-1, 1, 1]), // [batch 1 1]
    tokens,
    gradient: grads["blocks.0.mlp.b_in"]!,
  }),
};

describe("trainStep", () => {
  let wasm: Engine;
  before(async () => {
    wasm = await createEngine({ name: "wasm", threads: 0 });
  });

  it("has gradients that finite differences of the loss confirm", async () => {
    const plan = tinyPlan({ model: { activation: "gelu", tie_embeddings: false } });
    const batch = tinyBatch(plan);
    const grads: StepProbe = { name: "grads", sites: [], probe: (_, inputs) => inputs.grads };
    const { outputs } = await trainTiny(wasm, plan, 1, [grads]);
    const gradients = regroup(outputs[0]!).grads as Record<string, NDArray>;

    const evaluation = evalStep({ ...plan, windows: plan.train.batch_size });
    const program = await wasm.compile(evaluation.step, evaluation.signature, "eval");
    const state = initialState(plan, createRandom(1, "weights"));
    const lossAt = async (name: string, shift: (i: number) => number) => {
      const moved = { ...state[name]!, data: state[name]!.data.map((value, i) => value + shift(i)) };
      const handle = await wasm.upload({ ...state, [name]: moved });
      const { losses } = await program.run(handle, batch);
      wasm.release(handle);
      return meanOf(losses!.data);
    };
    for (const [name, { data: gradient }] of Object.entries(gradients)) {
      const length = Math.hypot(...gradient);
      if (length < 1e-4) continue; // nothing that differences in float32 could confirm
      const along = (by: number) => lossAt(name, (i) => (by * gradient[i]!) / length);
      const h = 2e-2;
      const slope = ((await along(h)) - (await along(-h))) / (2 * h);
      expect(slope, name).closeTo(length, 0.02 * length + 1e-4);
    }
  });

  it("gives the same bits for the same seed", async () => {
    expect(await trainTiny(wasm, tinyPlan(), 5)).to.deep.equal(await trainTiny(wasm, tinyPlan(), 5));
  });

  it("gives the same bits with probes and without", async () => {
    const plan = tinyPlan({ train: { accumulate: 2 } });
    const plain = await trainTiny(wasm, plan, 5);
    const probed = await trainTiny(wasm, plan, 5, [busy]);
    const losses = ({ outputs }: typeof plain) => outputs.map(({ loss, grad_norm }) => [loss, grad_norm]);
    expect(losses(probed)).to.deep.equal(losses(plain));
    expect(probed.after).to.deep.equal(plain.after);
  });

  it("treats accumulated micro-batches as one bigger batch, for probes too", async () => {
    const whole = tinyPlan({ train: { batch_size: 6 } });
    const parts = tinyPlan({ train: { batch_size: 2, accumulate: 3 } });
    const [one, three] = [await trainTiny(wasm, whole, 1, [busy]), await trainTiny(wasm, parts, 1, [busy])];
    expect(Object.keys(three.outputs[0]!)).to.deep.equal(Object.keys(one.outputs[0]!));
    for (const [name, { shape, data }] of Object.entries(one.outputs[0]!)) {
      expect(three.outputs[0]![name]!.shape, name).to.deep.equal(shape);
      assertClose(three.outputs[0]![name]!.data, data, 1e-5, name);
    }
    for (const [name, { data }] of Object.entries(one.after)) {
      if (/adam.m/.test(name)) assertClose(three.after[name]!.data, data, 1e-4, name);
    }
  });

  it("updates nothing at a step whose gradient norm is above `skip_above`, and is not touched by it below", async () => {
    for (const engine of [wasm, await createEngine({ name: "onnx", threads: 1 })]) {
      const stateAfter = async (skip_above: number) =>
        (await trainTiny(engine, tinyPlan({ train: { skip_above } }), 2)).after;
      const initial = initialState(tinyPlan(), createRandom(1, "weights"));
      expect(await stateAfter(1e-6), engine.name).to.deep.equal(initial);
      expect(await stateAfter(1e6), engine.name).to.deep.equal(await stateAfter(0));
    }
  });

  it("lets no NaN hide: one in any parameter reaches the loss and the norm", async () => {
    const plan = tinyPlan();
    const { step, signature } = trainStep({ ...plan, probes: [] });
    const program = await wasm.compile(step, signature, "train");
    for (const name of Object.keys(plan.model.parameters)) {
      const initial = initialState(plan, createRandom(1, "weights"));
      initial[name]!.data.fill(Number.NaN, 0, 8);
      const state = await wasm.upload(initial);
      const { loss, grad_norm } = await program.run(state, { ...tinyBatch(plan), ...scalarInputs(plan, 1) });
      wasm.release(state);
      expect([loss!.data[0], grad_norm!.data[0]], name).to.deep.equal([Number.NaN, Number.NaN]);
    }
  });

  it("learns: the loss of a repeated batch falls", async () => {
    const plan = tinyPlan({ train: { steps: 60 } });
    const { step, signature } = trainStep({ ...plan, probes: [] });
    const program = await wasm.compile(step, signature, "train");
    const state = await wasm.upload(initialState(plan, createRandom(1, "weights")));
    const losses: number[] = [];
    for (let i = 1; i <= 60; i++) {
      const { loss } = await program.run(state, { ...tinyBatch(plan), ...scalarInputs(plan, i) });
      losses.push(loss!.data[0]!);
    }
    wasm.release(state);
    expect(losses.at(-1)!).below(losses[0]! / 2);
  });
});

describe("evalStep", () => {
  it("gives each window's loss, whose mean training sees, and leaves the state alone", async () => {
    const wasm = await createEngine({ name: "wasm", threads: 0 });
    const plan = tinyPlan();
    const evaluation = evalStep({ ...plan, windows: plan.train.batch_size });
    const program = await wasm.compile(evaluation.step, evaluation.signature, "eval");
    const initial = initialState(plan, createRandom(1, "weights"));
    const state = await wasm.upload(initial);
    const { losses } = await program.run(state, tinyBatch(plan, 1));
    expect(await wasm.download(state)).to.deep.equal(initial);
    wasm.release(state);
    const { outputs } = await trainTiny(wasm, plan, 1);
    expect(losses!.shape).to.deep.equal([plan.train.batch_size]);
    assertClose([meanOf(losses!.data)], outputs[0]!.loss!.data, 1e-6, "loss");
    expect(new Set(losses!.data).size).to.equal(plan.train.batch_size);
  });
});

describe("regroup", () => {
  it("gives each analyzer its readings back, lists by layer", async () => {
    const wasm = await createEngine({ name: "wasm", threads: 0 });
    const other: StepProbe = { ...busy, name: "other", probe: (_, { tf }) => ({ one: tf.scalar(1) }) };
    const { outputs } = await trainTiny(wasm, tinyPlan(), 1, [busy, other]);
    const readings = regroup(outputs[0]!);
    expect(readings).to.have.all.keys("busy", "other");
    expect(readings.other!.one).to.deep.equal({ shape: [], data: Float32Array.of(1) });
    const counts = readings.busy!.counts as unknown as NDArray[];
    expect(counts.map(({ shape }) => shape)).to.deep.equal([
      [4, 16],
      [4, 16],
    ]);
    expect(counts[1]).to.deep.equal(outputs[0]!["probe/busy/counts/1"]);
    expect(readings.busy!.tokens!.data).to.deep.equal(tinyBatch(tinyPlan(), 1).tokens.data);
  });
});
