import * as tf from "@tensorflow/tfjs";
import { assert, expect } from "chai";
import { createEngine } from "../../../core/engine/choose.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import { ExperimentError } from "../../../core/errors/errors.ts";
import { type StepProbe, trainStep } from "../../../core/step/step.ts";
import { tinyPlan } from "../../helpers/tiny-plan.ts";

describe("a probe that is not pure", () => {
  let cpu: Engine;
  before(async () => {
    cpu = await createEngine({ name: "cpu", threads: 0 });
  });

  /** The error that compiling a step with this probe gives. */
  async function refused(probe: (logits: tf.Tensor) => unknown): Promise<string> {
    const spec = { name: "nosy", sites: ["logits"], probe: ({ logits }: { logits: tf.Tensor }) => probe(logits) };
    const { step, signature } = trainStep({ ...tinyPlan(), probes: [spec as unknown as StepProbe] });
    const before = tf.memory().numTensors;
    try {
      await cpu.compile(step, signature, "train");
    } catch (thrown) {
      assert.instanceOf(thrown, ExperimentError);
      expect(thrown.code).to.equal("engine.step");
      expect(thrown.message).to.match(/^nosy: probe: /);
      expect(tf.memory().numTensors, "tensors left behind").to.equal(before);
      return thrown.message;
    }
    return assert.fail("nothing was refused");
  }

  it("is refused when it reads values", async () => {
    expect(await refused((x) => ({ n: tf.scalar(x.dataSync()[0]!) }))).to.contain("reads values (`dataSync`)");
    expect(await refused((x) => ({ n: tf.scalar((x.arraySync() as number[][])[0]![0]!) }))).to.contain("`arraySync`");
    expect(await refused(async (x) => ({ n: (await x.data())[0] }))).to.contain("a promise");
    expect(await refused((x) => ({ n: x, later: x.data() }))).to.contain("`data`");
  });

  it("is refused when it draws random numbers", async () => {
    expect(await refused(() => ({ n: tf.randomNormal([2]) }))).to.contain("random");
    expect(await refused(() => ({ n: tf.scalar(Math.random()) }))).to.contain("random");
  });

  it("is refused when it looks at the clock", async () => {
    expect(await refused(() => ({ n: tf.scalar(Date.now()) }))).to.contain("reads the clock");
    expect(Date.now()).to.be.above(1e12);
  });

  it("is refused when it returns anything but named tensors", async () => {
    expect(await refused((x) => x)).to.contain("got a lone tensor");
    expect(await refused(() => undefined)).to.contain("got undefined");
    expect(await refused(() => ({ n: 3 }))).to.contain("n must be a tensor, got a number");
    expect(await refused((x) => ({ n: [x, 3] }))).to.contain("n/1 must be a tensor");
    expect(await refused(() => ({ n: [] }))).to.contain("n is an empty list");
    expect(await refused((x) => ({ "a/b": x }))).to.contain("slash");
  });

  it("is refused when it throws, with its own words", async () => {
    expect(await refused(() => assert.fail("out of luck"))).to.contain("out of luck");
  });

  it("leaves reads and random numbers as they were", async () => {
    await refused((x) => ({ n: tf.scalar(x.dataSync()[0]!) }));
    const x = tf.scalar(2);
    expect(x.dataSync()[0]).to.equal(2);
    x.dispose();
    expect(Math.random()).to.be.within(0, 1);
  });
});

describe("probes that return too much", () => {
  it("are refused with the largest output named", async () => {
    const cpu = await createEngine({ name: "cpu", threads: 0 });
    const huge: StepProbe = {
      name: "huge",
      sites: [],
      probe: () => ({ mask: tf.zeros([300, 1024, 256]), small: tf.scalar(0) }),
    };
    const { step, signature } = trainStep({ ...tinyPlan(), probes: [huge] });
    let message = "";
    await cpu.compile(step, signature, "train").catch((thrown: Error) => {
      message = thrown.message;
    });
    expect(message).to.match(
      /return 301 MiB a step, more than 256 MiB; the largest is probe\/huge\/mask \[300 1024 256\]/,
    );
  });

  it("count once what several analyzers ask for alike, on engines that compile and on those that do not", async () => {
    const alike = (name: string): StepProbe => ({
      name,
      sites: ["mlp_post"],
      probe: ({ mlp_post }) => ({ wide: tf.tile(tf.sum((mlp_post as tf.Tensor[])[0]!, [0, 1]), [1_200_000]) }),
    });
    const shared: { tensor?: tf.Tensor } = {};
    const handedOn = (name: string): StepProbe => ({
      name,
      sites: [],
      probe: () => {
        shared.tensor = shared.tensor === undefined ? tf.zeros([200, 1024, 256]) : tf.clone(shared.tensor);
        return { wide: shared.tensor };
      },
    });
    for (const [name, probe] of [
      ["onnx", alike],
      ["cpu", handedOn],
    ] as const) {
      // biome-ignore format: pairs
      const engine = await createEngine({ name, threads: 0 });
      const { step, signature } = trainStep({ ...tinyPlan(), probes: [probe("one"), probe("two")] });
      (await engine.compile(step, signature, "train")).dispose();
      await engine.dispose();
    }
  });
});
