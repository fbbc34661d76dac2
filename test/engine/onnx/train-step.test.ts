import { expect } from "chai";
import { createEagerEngine } from "../../../core/engine/eager.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import { createOnnxEngine } from "../../../core/engine/onnx/engine.ts";
import { maskProbe, plan, relativeError, type Trained, trained } from "./plans.ts";

// A bias of the keys has no gradient but rounding errors, and Adam makes steps of size lr from those: eps keeps them small.
const smooth = { ...plan, train: { ...plan.train, eps: 1e-3 } };

describe("the train step on the onnx engine", () => {
  let cpu: Engine;
  let onnx: Engine;
  before(async () => {
    cpu = await createEagerEngine("cpu", { threads: 0 });
    onnx = await createOnnxEngine({ threads: 2 });
  });

  function expectNear(got: Trained, want: Trained, tolerance: number): void {
    for (const [step, loss] of want.losses.entries()) expect(got.losses[step]).closeTo(loss, tolerance * loss);
    expect(got.outputs).to.have.all.keys(Object.keys(want.outputs));
    for (const [name, array] of Object.entries(want.outputs)) {
      expect(got.outputs[name]!.shape, name).to.deep.equal(array.shape);
      expect(got.outputs[name]!.data.constructor, name).to.equal(array.data.constructor);
      if (!name.includes("masks/u")) expect(relativeError(got.outputs[name]!, array), name).below(tolerance);
    }
    for (const [name, array] of Object.entries(want.state)) {
      expect(relativeError(got.state[name]!, array), name).below(tolerance);
    }
  }

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
      const train = { ...plan.train, accumulate: 2, grad_clip: 0, eps: 1e-3 };
      const other = { ...plan, model: { ...plan.model, ...variant }, train };
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
});
