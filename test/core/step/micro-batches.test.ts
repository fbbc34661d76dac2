import type * as tfjs from "@tensorflow/tfjs";
import { assert, expect } from "chai";
import type { Combination } from "../../../core/contract/analyzer.ts";
import { createEngine } from "../../../core/engine/choose.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import type { Node } from "../../../core/engine/graph/node.ts";
import { reachable } from "../../../core/engine/graph/node.ts";
import { optimise } from "../../../core/engine/graph/optimise.ts";
import { trace } from "../../../core/engine/graph/trace.ts";
import { tf } from "../../../core/engine/tensorflow.ts";
import { setUp } from "../../../core/host/analyzers.ts";
import { type StepProbe, stepProbe } from "../../../core/step/probe.ts";
import { trainStep } from "../../../core/step/step.ts";
import { builtIns } from "../../../plugins/index.ts";
import { tinyRun } from "../../../testing/world.ts";
import { assertClose } from "../../helpers/closeness.ts";
import { tinyPlan, trainTiny } from "../../helpers/tiny-plan.ts";

/** More sequences than a word of neuron-death's bits has, and as micro-batches of 9 across its border. */
const sequences = 36;
const planIn = (count: number) => tinyPlan({ train: { batch_size: sequences / count, accumulate: count } });

/** One reading of each kind; `seen` counts calls. */
const oneOfEach: StepProbe = {
  name: "each",
  sites: ["mlp_post", "logits"],
  probe: ({ mlp_post, logits }, { tf, sequences }) => {
    const [h, z] = [(mlp_post as unknown as tfjs.Tensor[])[1]!, logits as unknown as tfjs.Tensor];
    return {
      rows: tf.sum(h, [1, 2]),
      sum: tf.cast(tf.sum(tf.step(h), [0, 1]), "int32"),
      sums: tf.sum(z, [0, 1]),
      mean: [tf.mean(h), tf.mean(z)],
      max: tf.max(z, [0, 1]),
      min: tf.min(z, [0, 1]),
      any: tf.any(tf.greater(h, 0), [0, 1]),
      all: tf.all(tf.greater(h, 0), [0, 1]),
      place: tf.add(tf.range(0, z.shape[0]!, 1, "int32"), tf.scalar(sequences.first, "int32")),
      batch: tf.scalar(sequences.total, "int32"),
    };
  },
  combine: {
    rows: "sequences",
    sum: "sum",
    sums: "sum",
    mean: "mean",
    max: "max",
    min: "min",
    any: "any",
    all: "all",
    place: "sequences",
    batch: "max",
  },
  probeGradients: ({ tf, grads, params }) => ({
    gradient: tf.sum(grads["blocks.0.mlp.b_in"]!),
    weights: params["blocks.0.mlp.b_in"]!,
  }),
};

async function builtInProbes(): Promise<StepProbe[]> {
  const { run } = tinyRun(1);
  const { model } = planIn(1);
  const own = { ...run, model: model.shape, layers: [0, 1].map((l) => model.layer(l)), batchSize: sequences };
  const plugins = await Promise.all(Object.values(builtIns.analyzer).map((load) => load()));
  return plugins.map((plugin) => stepProbe(plugin, setUp(plugin, plugin.options.parse({}), 1, own).instance));
}

describe("a step in micro-batches", () => {
  const engines: Engine[] = [];
  before(async () => {
    for (const name of ["cpu", "onnx"] as const) engines.push(await createEngine({ name, threads: 1 }));
  });
  after(() => Promise.all(engines.map((engine) => engine.dispose())));

  it("reads what the whole batch would give, whole numbers exactly: all built-in analyzers, all combinations", async () => {
    const probes = [...(await builtInProbes()), oneOfEach];
    expect(probes.filter(({ combine }) => combine === undefined)).to.deep.equal([]);
    for (const engine of engines) {
      const whole = (await trainTiny(engine, planIn(1), 1, probes)).outputs[0]!;
      expect(whole["probe/neuron-death/holding/0"]!.shape).to.deep.equal([3, 16]);
      for (const count of [2, 4]) {
        const parts = (await trainTiny(engine, planIn(count), 1, probes)).outputs[0]!;
        expect(Object.keys(parts)).to.deep.equal(Object.keys(whole));
        for (const [name, { shape, data }] of Object.entries(whole)) {
          const where = `${name} of ${count} on ${engine.name}`;
          expect(parts[name]!.shape, where).to.deep.equal(shape);
          if (data instanceof Float32Array) assertClose(parts[name]!.data, data, 1e-5, where);
          else expect(parts[name]!.data, where).to.deep.equal(data);
        }
      }
    }
  });

  it("frees what probes looked at: behind a micro-batch stand sums and readings, not its sites", async () => {
    const { combine: _, ...together } = oneOfEach;
    const [plan, wide] = [planIn(4), 9 * 6 * 16 * 4];
    const crossing = (probe: StepProbe) => {
      const { step, signature } = trainStep({ ...plan, probes: [probe] });
      const { graph, builder } = trace(step, signature, "train");
      return [graph, optimise(graph, builder)].map(({ state, outputs }) => {
        const nodes = reachable([...state.values(), ...outputs.values()]);
        const orders = nodes.filter((node) => node.op === "after");
        expect(orders).to.have.length(3);
        return Math.max(...orders.map((order) => largestAcross(order, nodes)));
      });
    };
    for (const bytes of crossing(oneOfEach)) expect(bytes).below(wide);
    for (const bytes of crossing(together)) expect(bytes).at.least(wide);
    const heldByCpu = async (probe: StepProbe) => {
      const held: number[] = [];
      const counting: StepProbe = {
        ...probe,
        probe: (...given) => {
          held.push(tf.memory().numBytes);
          return probe.probe(...given);
        },
      };
      await trainTiny(engines[0]!, plan, 1, [counting]);
      return held.at(-1)! - held.at(-4)!;
    };
    expect(await heldByCpu(oneOfEach)).below(wide);
  });

  it("gives the same bits with probes and without", async () => {
    const probes = [...(await builtInProbes()), oneOfEach];
    for (const engine of engines) {
      const plain = await trainTiny(engine, planIn(4), 3);
      const probed = await trainTiny(engine, planIn(4), 3, probes);
      expect(probed.after, engine.name).to.deep.equal(plain.after);
    }
  });

  it("counts what several probes read alike once against the cap, on engines that compile and on those that do not", async () => {
    const shared = new Map<number, tfjs.Tensor>();
    const large = (name: string): StepProbe => ({
      name,
      sites: [],
      probe: (_, { tf, sequences: { first } }) => {
        const known = shared.get(first);
        const made = known?.isDisposed === false ? tf.clone(known) : tf.zeros([18, 1_000_000]);
        shared.set(first, made);
        return { wide: made };
      },
      combine: { wide: "sequences" },
    });
    for (const engine of engines) {
      const { step, signature } = trainStep({ ...planIn(2), probes: [large("one"), large("two")] });
      (await engine.compile(step, signature, "train")).dispose();
    }
  });

  it("refuses a probe that does not say, or says wrongly, how what it reads combines, also where there is one micro-batch", async () => {
    const refused = async (change: Partial<StepProbe>) => {
      const { step, signature } = trainStep({ ...tinyPlan(), probes: [{ ...oneOfEach, ...change }] });
      const thrown = await engines[1]!.compile(step, signature, "train").then(
        () => assert.fail("nothing was refused"),
        (error: Error) => error.message,
      );
      return thrown;
    };
    const combine = oneOfEach.combine!;
    const { rows: __, ...few } = combine;
    expect(await refused({ combine: few })).to.equal(
      "each: probe: `combine` does not say how rows of micro-batches combine.",
    );
    expect(await refused({ combine: { ...combine, column: "sum" } })).to.contain(
      "names column, which it does not return",
    );
    expect(await refused({ combine: { ...combine, mean: "average" as Combination } })).to.contain(
      "mean: expected one of sequences, sum, mean, max, min, any, all, got average.",
    );
    expect(await refused({ combine: { ...combine, sum: "sequences" } })).to.contain(
      "sum: sequences takes a row for each of 4 sequences, got int32 [16].",
    );
    expect(await refused({ combine: { ...combine, any: "max" } })).to.contain("any: max takes numbers, got bool [16]");
    const asking: StepProbe["probe"] = (_, { grads }) => ({ gradient: grads["blocks.0.mlp.b_in"]! });
    expect(await refused({ probe: asking, combine: { gradient: "sum" } })).to.match(
      /^each: probe: asks for the gradient of `blocks\.0\.mlp\.b_in`, .*`probeGradients`\.$/,
    );
    expect(await refused({ probeGradients: ({ grads }) => ({ rows: grads["blocks.0.mlp.b_in"]! }) })).to.contain(
      "rows is a reading of `probe` and of `probeGradients`",
    );
  });
});

/** Bytes of the largest value that is made before an order and looked at behind it. */
function largestAcross(order: Node, nodes: readonly Node[]): number {
  const before = new Set(reachable(order.operands.slice(1)));
  const across = nodes
    .filter((node) => !before.has(node) && node !== order)
    .flatMap(({ operands }) =>
      operands.filter((one) => before.has(one) && one.op !== "input" && one.op !== "constant"),
    );
  return Math.max(...across.map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1)));
}
