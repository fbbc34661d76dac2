import { expect } from "chai";
import { createEagerEngine } from "../../../../core/engine/eager.ts";
import type { Engine } from "../../../../core/engine/engine.ts";
import { createXlaEngine, type XlaEngine } from "../../../../core/engine/xla/engine.ts";
import { kinds } from "../onnx/cases.ts";
import { expectNear, maskProbe, plan, smooth, trained } from "../onnx/plans.ts";
import { expectEqualCases } from "../random-functions.ts";
import { computeCommand, cpuPlugin, withEnvironment } from "./cpu-plugin.ts";

const seeds = [21, 22, 23];

describe("the xla engine on jaxlib's CPU client", function () {
  this.timeout(300_000);
  let cpu: Engine;
  let xla: XlaEngine;

  before(async function () {
    const [plugin, compute] = [cpuPlugin(), computeCommand()];
    if (plugin === undefined || compute === undefined) {
      console.log("      needs a C compiler (cc) and a Python with jaxlib (JAX_PYTHON=…, else python3)");
      return this.skip();
    }
    cpu = await createEagerEngine("cpu", { threads: 0 });
    const variables = { PJRT_CPU_COMPUTE: compute, PJRT_CPU_DEVICES: "2" };
    xla = await withEnvironment(variables, () => createXlaEngine({ plugin, devices: 1 }));
  });

  for (const seed of seeds) {
    it(`gives what the eager cpu engine gives for random functions (seed ${seed}, ${Object.keys(kinds).length} cases)`, () =>
      expectEqualCases(xla, cpu, seed));
  }

  it("trains as the eager cpu engine does: one step to 1e-5, masks equal", async () => {
    const [got, want] = [await trained(xla, 1, [maskProbe], smooth), await trained(cpu, 1, [maskProbe], smooth)];
    expectNear(got, want, 1e-5);
    for (const name of Object.keys(want.outputs).filter((name) => name.includes("masks/u"))) {
      expect(got.outputs[name]!.data, name).to.deep.equal(want.outputs[name]!.data);
    }
  });

  it("trains as the eager cpu engine does: 20 steps to 1e-3", async () => {
    expectNear(await trained(xla, 20, [maskProbe], smooth), await trained(cpu, 20, [maskProbe], smooth), 1e-3);
  });
});
