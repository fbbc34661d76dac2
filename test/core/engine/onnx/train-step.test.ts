import { expect } from "chai";
import type { NDArray } from "../../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../../core/arrays/random.ts";
import { createEagerEngine } from "../../../../core/engine/eager.ts";
import type { Engine } from "../../../../core/engine/engine.ts";
import { createOnnxEngine } from "../../../../core/engine/onnx/engine.ts";
import type { StepProbe } from "../../../../core/step/probe.ts";
import { initialState, trainStep } from "../../../../core/step/step.ts";
import { planWith } from "../../../../testing/plan.ts";
import { batch, expectNear, maskProbe, plan, settings, smooth, trained } from "./plans.ts";

describe("the train step on the onnx engine", () => {
  let cpu: Engine;
  let onnx: Engine;
  before(async () => {
    cpu = await createEagerEngine("cpu", { threads: 0 });
    onnx = await createOnnxEngine({ threads: 2 });
  });

  it("agrees with the eager cpu engine after one step to 1e-5, readings included", async () => {
    const [got, want] = [await trained(onnx, 1, [maskProbe], smooth), await trained(cpu, 1, [maskProbe], smooth)];
    expectNear(got, want, 1e-5);
    for (const name of Object.keys(want.outputs).filter((name) => name.includes("masks/u"))) {
      expect(got.outputs[name]!.data, name).to.deep.equal(want.outputs[name]!.data);
    }
  });

  it("agrees with the eager cpu engine after 20 steps to 1e-3", async () => {
    expectNear(await trained(onnx, 20, [maskProbe], smooth), await trained(cpu, 20, [maskProbe], smooth), 1e-3);
  });

  for (const variant of [
    { activation: "gelu", norm: "rmsnorm", bias: false, tie_embeddings: false },
    { activation: "relu2", norm: "layernorm", bias: true, tie_embeddings: false },
  ] as const) {
    it(`agrees with the eager cpu engine for ${variant.activation}, ${variant.norm} and two micro-batches`, async () => {
      const train = { ...settings.train, accumulate: 2, grad_clip: 0, eps: 1e-3 };
      const other = planWith({ model: { ...settings.model, ...variant }, train }, 32);
      expectNear(await trained(onnx, 5, [maskProbe], other), await trained(cpu, 5, [maskProbe], other), 1e-4);
    });
  }

  it("gives the same bits in two runs", async () => {
    expect(await trained(onnx, 10, [maskProbe])).to.deep.equal(await trained(onnx, 10, [maskProbe]));
  });

  it("computes the same bits with and without probes", async () => {
    const [plain, probed] = [await trained(onnx, 10), await trained(onnx, 10, [maskProbe])];
    expect(probed.losses).to.deep.equal(plain.losses);
    expect(probed.state).to.deep.equal(plain.state);
    expect(probed.outputs.grad_norm).to.deep.equal(plain.outputs.grad_norm);
  });

  it("gives outputs that later steps leave alone", async () => {
    const { step, signature } = trainStep({ ...plan, probes: [maskProbe] });
    const program = await onnx.compile(step, signature, "train");
    const state = await onnx.upload(initialState(plan, createRandom(1, "init")));
    const first = await program.run(state, batch(plan, 1));
    const copy = structuredClone(first);
    for (let at = 2; at < 6; at++) await program.run(state, batch(plan, at));
    expect(first).to.deep.equal(copy);
    program.dispose();
  });

  it("has gradients that finite differences of the loss confirm in float32", async () => {
    const gradients: StepProbe = { name: "g", sites: [], probe: (_, { grads }) => grads };
    const { step, signature } = trainStep({ ...plan, probes: [gradients] });
    const program = await onnx.compile(step, signature, "train");
    const start = initialState(plan, createRandom(1, "init"));
    const at = async (moved: number, along: Record<string, NDArray> = {}) => {
      const entries = Object.entries(start).map(([name, { shape, data }]) => {
        const direction = along[`probe/g/${name}`]?.data;
        return [name, { shape, data: data.map((value, i) => value + moved * (direction?.[i] ?? 0)) }] as const;
      });
      const state = await onnx.upload(Object.fromEntries(entries));
      const outputs = await program.run(state, batch(plan, 1));
      onnx.release(state);
      return outputs;
    };
    const outputs = await at(0);
    const norm = outputs.grad_norm!.data[0]!;
    const h = 1e-3 / norm; // a move of length 0.001 along the gradient: the loss still changes by thousands of float32 steps
    const change = (await at(h, outputs)).loss!.data[0]! - (await at(-h, outputs)).loss!.data[0]!;
    expect(change / (2 * h * norm ** 2)).closeTo(1, 2e-3);
    program.dispose();
  });
});
