import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { layerSites, modelSites } from "../../../core/contract/sites.ts";
import { createEngine, findEngines } from "../../../core/engine/choose.ts";
import type { Engine } from "../../../core/engine/engine.ts";
import { evalStep, regroup, type StepProbe, scalarInputs, trainStep } from "../../../core/step/step.ts";
import { type GoldenCase, golden, goldenInputs } from "../../golden/model.ts";
import { assertClose, meanOf } from "../../helpers/closeness.ts";

const tolerance = 1e-5;

/** Returns every gradient and every site. */
const everything: StepProbe = {
  name: "everything",
  sites: [...layerSites, ...modelSites],
  probe: (sites, { grads }) => ({ ...grads, ...sites }),
};

for (const name of ["cpu", "wasm", "onnx"] as const) {
  describe(`the ${name} engine against PyTorch in float64`, () => {
    let engine: Engine;
    before(async function () {
      const found = (await findEngines()).find((one) => one.name === name)!;
      if (name === "onnx" && !found.available) return this.skip(); // needs onnxruntime-node, which is optional
      engine = await createEngine({ name, threads: 0 });
    });

    for (const expected of golden.cases) {
      it(`agrees on loss, gradients and one optimizer step of ${described(expected)}`, async () => {
        const { plan, state, step, tokens, targets } = goldenInputs(expected);
        const train = trainStep({ ...plan, probes: [everything] });
        const program = await engine.compile(train.step, train.signature, "train");
        const handle = await engine.upload(state);
        const outputs = await program.run(handle, { tokens, targets, ...scalarInputs(plan, step) });
        const after = await engine.download(handle);
        engine.release(handle);

        assertClose(outputs.loss!.data, [expected.loss], tolerance, "loss");
        assertClose(outputs.grad_norm!.data, [expected.grad_norm], tolerance, "grad_norm");
        const readings = regroup(outputs).everything as Record<string, NDArray | NDArray[]>;
        const check = (got: NDArray | undefined, numbers: readonly number[], what: string) =>
          assertClose(got!.data, numbers, tolerance, what);
        check(readings.logits as NDArray, expected.logits, "logits");
        for (const [n, grad] of Object.entries(expected.grads)) check(readings[n] as NDArray, grad, `gradient of ${n}`);
        for (const [n, param] of Object.entries(expected.after)) check(after[n], param, `${n} after the step`);
        for (const [n, m] of Object.entries(expected.m ?? {})) check(after[`adam.m/${n}`], m, `adam.m/${n}`);
        for (const [n, v] of Object.entries(expected.v ?? {})) check(after[`adam.v/${n}`], v, `adam.v/${n}`);
        for (const [site, values] of Object.entries(expected.sites ?? {})) {
          const got = [readings[site]!].flat() as NDArray[];
          const want = (Array.isArray(values[0]) ? values : [values]) as number[][];
          got.forEach((array, layer) => {
            check(array, want[layer]!, `${site} of layer ${layer}`);
          });
        }
      });
    }

    it("evaluates to the same loss", async () => {
      const expected = golden.cases[0]!;
      const { plan, state, tokens, targets } = goldenInputs(expected);
      const evaluation = evalStep({ ...plan, windows: plan.train.batch_size });
      const program = await engine.compile(evaluation.step, evaluation.signature, "eval");
      const handle = await engine.upload(state);
      const { losses } = await program.run(handle, { tokens, targets });
      engine.release(handle);
      assertClose([meanOf(losses!.data)], [expected.loss], tolerance, "loss");
    });
  });
}

function described({ case: of }: GoldenCase): string {
  const parts = [of.activation, of.norm, of.bias ? "biases" : "no biases", of.tie_embeddings ? "tied" : "untied"];
  return `${parts.join(", ")}, clipped at ${of.grad_clip}, decay ${of.weight_decay}`;
}
