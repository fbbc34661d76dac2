import * as tf from "@tensorflow/tfjs";
import { assert, expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { createEagerEngine } from "../../../core/engine/eager.ts";
import type { Engine, Step } from "../../../core/engine/engine.ts";
import { ExperimentError } from "../../../core/errors/errors.ts";
import { initialState, scalarInputs, trainStep } from "../../../core/step/step.ts";
import { tinyBatch, tinyPlan } from "../../helpers/tiny-plan.ts";

const vector = { shape: [3], dtype: "float32" } as const;
const of = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

/** `w` grows by `x`; `twice` is what it was, doubled. `fixed` does not change. */
const growing: Step = ({ w }, { x }) => ({ state: { w: tf.add(w!, x!) }, outputs: { twice: tf.mul(w!, 2) } });
const signature = { state: { w: vector, fixed: vector }, inputs: { x: vector } };

for (const name of ["cpu", "wasm", "tensorflow"] as const) {
  describe(`the eager ${name} engine`, () => {
    let engine: Engine;
    before(async function () {
      this.timeout(60_000); // TensorFlow's library is loaded twice
      const opened = await createEagerEngine(name, { threads: 0 }).catch(() => undefined);
      if (opened === undefined && name === "tensorflow") this.skip(); // needs @tensorflow/tfjs-node or -gpu with its library
    });
    beforeEach(async () => {
      engine = await createEagerEngine(name, { threads: 0 });
    });

    /** The message of the `engine.step` error that an action ends in. */
    async function refused(action: Promise<unknown>): Promise<string> {
      try {
        await action;
      } catch (thrown) {
        assert.instanceOf(thrown, ExperimentError);
        expect(thrown.code).to.equal("engine.step");
        return thrown.message;
      }
      return assert.fail("nothing was thrown");
    }

    it("advances the state, keeps what a step leaves out, and says what comes out before it runs", async () => {
      const program = await engine.compile(growing, signature, "growing");
      expect(program.outputs).to.deep.equal({ twice: vector });
      const state = await engine.upload({ w: of(1, 2, 3), fixed: of(7, 7, 7) });
      expect(await program.run(state, { x: of(1, 1, 1) })).to.deep.equal({ twice: of(2, 4, 6) });
      expect(await program.run(state, { x: of(1, 1, 1) })).to.deep.equal({ twice: of(4, 6, 8) });
      expect(await engine.download(state)).to.deep.equal({ w: of(3, 4, 5), fixed: of(7, 7, 7) });
      engine.release(state);
    });

    it("shares no memory with its caller", async () => {
      const echo: Step = ({ w }, { x }) => ({ state: { w: x! }, outputs: { w: w!, x: x! } });
      const program = await engine.compile(echo, { state: { w: vector }, inputs: { x: vector } }, "echo");
      const [w, x] = [of(1, 2, 3), of(4, 5, 6)];
      const state = await engine.upload({ w });
      w.data.fill(0);
      const outputs = await program.run(state, { x });
      x.data.fill(0);
      outputs.x!.data.fill(0);
      expect(outputs.w).to.deep.equal(of(1, 2, 3));
      const downloaded = await engine.download(state);
      expect(downloaded.w).to.deep.equal(of(4, 5, 6));
      downloaded.w!.data.fill(0);
      expect((await program.run(state, { x })).w).to.deep.equal(of(4, 5, 6));
      engine.release(state);
    });

    it("gives each output its dtype's array", async () => {
      const kinds: Step = ({ w }) => ({ outputs: { f: w!, i: tf.cast(w!, "int32"), b: tf.greater(w!, 1) } });
      const program = await engine.compile(kinds, { state: { w: vector }, inputs: {} }, "kinds");
      const state = await engine.upload({ w: of(0, 1, 2) });
      const { f, i, b } = await program.run(state, {});
      expect([f!.data, i!.data, b!.data]).to.deep.equal([
        Float32Array.of(0, 1, 2),
        Int32Array.of(0, 1, 2),
        Uint8Array.of(0, 0, 1),
      ]);
      engine.release(state);
    });

    it("holds the same tensors after 40 steps of training as after one", async () => {
      const plan = tinyPlan({ train: { steps: 40, accumulate: 2 } });
      const counts = { sites: ["mlp_post"] as const, name: "counts" };
      const probe = {
        ...counts,
        probe: (s: { mlp_post: readonly tf.Tensor[] }) => ({ n: s.mlp_post.map((h) => tf.sum(h)) }),
      };
      const { step, signature } = trainStep({ ...plan, probes: [probe as never] });
      const before = tf.memory().numTensors;
      const program = await engine.compile(step, signature, "train");
      expect(tf.memory().numTensors).to.equal(before);
      const state = await engine.upload(initialState(plan, createRandom(1, "weights")));
      const held = tf.memory();
      expect(held.numTensors).to.equal(before + Object.keys(state.specs).length);
      for (let i = 1; i <= 40; i++) await program.run(state, { ...tinyBatch(plan, i), ...scalarInputs(plan, i) });
      expect(tf.memory().numTensors).to.equal(held.numTensors);
      expect(tf.memory().numBytes).to.equal(held.numBytes);
      engine.release(state);
      expect(tf.memory().numTensors).to.equal(before);
    });

    it("refuses inputs of another shape or dtype, and missing or unknown ones", async () => {
      const program = await engine.compile(growing, signature, "growing");
      const state = await engine.upload({ w: of(1, 2, 3), fixed: of(7, 7, 7) });
      const run = (inputs: Parameters<typeof program.run>[1]) => refused(program.run(state, inputs));
      expect(await run({ x: of(1) })).to.equal("growing: x: expected float32 [3], got float32 [1].");
      expect(await run({ x: { shape: [3], data: new Int32Array(3) } })).to.contain("got int32 [3]");
      expect(await run({ x: { shape: [3], data: new Float32Array(2) } })).to.contain("expected 3 numbers, got 2");
      expect(await run({})).to.contain("expected float32 [3], got nothing");
      expect(await run({ x: of(1, 1, 1), y: of(1) })).to.contain("y: expected no such input");
      engine.release(state);
    });

    it("refuses a step that gives state back in another shape", async () => {
      const flattening: Step = ({ w }) => ({ state: { w: tf.sum(w!) }, outputs: {} });
      const compiled = engine.compile(flattening, { state: { w: vector }, inputs: {} }, "flattening");
      expect(await refused(compiled)).to.equal("flattening: state w: expected float32 [3], got float32 [].");
    });
  });
}

describe("the eager wasm engine", () => {
  it("leaves no handler of crashes behind", async () => {
    await createEagerEngine("wasm", { threads: 0 });
    const handlers = [...process.listeners("uncaughtException"), ...process.listeners("unhandledRejection")];
    expect(handlers.map(String).filter((source) => /ExitStatus|throw reason/.test(source))).to.deep.equal([]);
  });

  it("names an operation that it lacks", async () => {
    const engine = await createEagerEngine("wasm", { threads: 0 });
    const missing: Step = ({ w }) => ({
      outputs: { s: tf.unsortedSegmentSum(w as tf.Tensor1D, tf.tensor1d([0, 0, 1], "int32"), 2) },
    });
    const compiled = engine.compile(missing, { state: { w: vector }, inputs: {} }, "missing");
    const message = await compiled.catch((thrown: Error) => thrown.message);
    expect(message).to.equal("missing: the wasm engine has no operation UnsortedSegmentSum.");
  });
});
