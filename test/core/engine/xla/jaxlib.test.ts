import { expect } from "chai";
import { createEagerEngine } from "../../../../core/engine/eager.ts";
import type { Engine } from "../../../../core/engine/engine.ts";
import { createXlaEngine, type XlaEngine } from "../../../../core/engine/xla/engine.ts";
import type { StepProbe } from "../../../../core/step/probe.ts";
import { assertClose } from "../../../helpers/closeness.ts";
import { tinyPlan, trainTiny } from "../../../helpers/tiny-plan.ts";
import { kinds } from "../onnx/cases.ts";
import { expectNear, maskProbe, plan, smooth, trained } from "../onnx/plans.ts";
import { expectEqualCases } from "../random-functions.ts";
import { computeCommand, cpuPlugin, withEnvironment } from "./cpu-plugin.ts";

const seeds = [21, 22, 23];

describe("the xla engine on jaxlib's CPU client (needs cc and a Python with jaxlib: JAX_PYTHON, else python3)", function () {
  this.timeout(300_000);
  let cpu: Engine;
  let xla: XlaEngine;
  let both: XlaEngine;
  let coarse: XlaEngine;

  before(async function () {
    const [plugin, compute] = [cpuPlugin(), computeCommand()];
    if (plugin === undefined || compute === undefined) {
      return this.skip();
    }
    cpu = await createEagerEngine("cpu", { threads: 0 });
    const variables = { PJRT_CPU_COMPUTE: compute, PJRT_CPU_DEVICES: "2" };
    await withEnvironment(variables, async () => {
      xla = await createXlaEngine({ plugin });
      both = await createXlaEngine({ plugin, devices: "all" });
      coarse = await createXlaEngine({ plugin, precision: "bfloat16" });
    });
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

  it("computes the same bits with and without probes, those of raw activations included", async () => {
    const [plain, probed] = [await trained(xla, 10), await trained(xla, 10, [maskProbe])];
    expect(probed.losses).to.deep.equal(plain.losses);
    expect(probed.state).to.deep.equal(plain.state);
  });

  it("reads of micro-batches what it reads of their batch, and trains to the same bits whoever looks", async () => {
    const of = (batch_size: number, accumulate: number) => tinyPlan({ train: { batch_size, accumulate } });
    const probe: StepProbe = {
      ...maskProbe,
      probe: ({ mlp_post }, { tf }) => ({
        counts: mlp_post.map((h) => tf.cast(tf.sum(tf.step(h), 1), "int32")),
        sums: tf.sum(mlp_post[1]!, [0, 1]),
      }),
      combine: { counts: "sequences", sums: "sum" },
    };
    const [whole, parts] = [await trainTiny(xla, of(8, 1), 1, [probe]), await trainTiny(xla, of(2, 4), 1, [probe])];
    for (const [name, { data }] of Object.entries(whole.outputs[0]!))
      assertClose(parts.outputs[0]![name]!.data, data, name.includes("counts") ? 0 : 1e-5, name);
    expect(parts.after).to.deep.equal((await trainTiny(xla, of(2, 4), 1)).after);
  });

  it("trains on two devices as on one, to 1e-6", async () => {
    const [got, want] = [await trained(both, 1, [maskProbe], smooth), await trained(xla, 1, [maskProbe], smooth)];
    expectNear(got, want, 1e-6);
    expectNear(await trained(both, 10, [maskProbe], smooth), await trained(xla, 10, [maskProbe], smooth), 1e-5);
  });

  it("rounds only products in bfloat16: losses stay within a percent, state in float32", async () => {
    const [got, want] = [await trained(coarse, 5, [], plan), await trained(xla, 5, [], plan)];
    expect(got.losses).not.to.deep.equal(want.losses);
    for (const [step, loss] of want.losses.entries()) expect(got.losses[step]).closeTo(loss, 0.01 * loss);
    for (const { data } of Object.values(got.state)) expect(data).instanceOf(Float32Array);
  });

  it("holds nothing but its state after many steps, and nothing once it is released", async () => {
    const before = xla.handles();
    await trained(xla, 30, [maskProbe]);
    await xla.download(await xla.upload({}));
    expect(xla.handles()).to.equal(before);
  });
});
