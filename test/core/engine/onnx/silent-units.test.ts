import { expect } from "chai";
import type { NDArray } from "../../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../../core/arrays/random.ts";
import type { Engine, Program } from "../../../../core/engine/engine.ts";
import { createOnnxEngine } from "../../../../core/engine/onnx/engine.ts";
import type { OnnxProgram } from "../../../../core/engine/onnx/program.ts";
import { initialState, type StepPlan, type StepProbe, trainStep } from "../../../../core/step/step.ts";
import { planWith } from "../../../../testing/plan.ts";
import { batch, maskProbe, relativeError, settings, smooth } from "./plans.ts";

/** The start of a training in which only every third unit can fire. */
function sparse(plan: StepPlan): Record<string, NDArray<Float32Array>> {
  const state = initialState(plan, createRandom(1, "init"));
  for (const [name, { data }] of Object.entries(state)) {
    if (/^blocks.*b_in/.test(name)) for (let i = 0; i < data.length; i++) if (i % 3 !== 0) data[i] = -5;
    if (/^blocks.*W_in/.test(name) && !(name.replace("W_", "b_") in state)) {
      // Without biases: units whose weights are zero never rise above zero.
      const units = state[name]!.shape[1]!;
      for (let i = 0; i < data.length; i++) if ((i % units) % 3 !== 0) data[i] = 0;
    }
  }
  return state;
}

async function compiled(engine: Engine, plan: StepPlan, probes: readonly StepProbe[] = []): Promise<Program> {
  const { step, signature } = trainStep({ ...plan, probes });
  return engine.compile(step, signature, "train");
}

/** Losses and gradient norms, one after another, and the state after `steps` steps; `midway` once halfway through disk, as it were. */
async function trainedFrom(
  engine: Engine,
  program: Program,
  plan: StepPlan,
  start: Record<string, NDArray>,
  steps: number,
  midway = false,
) {
  let state = await engine.upload(start);
  const said: number[] = [];
  for (let at = 1; at <= steps; at++) {
    const { loss, grad_norm } = await program.run(state, batch(plan, at));
    said.push(loss!.data[0]!, grad_norm!.data[0]!);
    if (!midway || at !== steps >> 1) continue;
    const saved = await engine.download(state);
    engine.release(state);
    state = await engine.upload(saved);
  }
  const after = await engine.download(state);
  engine.release(state);
  return { said, state: after };
}

const isDense = (program: Program) => !/choose/.test(program.print!());

describe("skip_silent", () => {
  let skipping: Engine;
  let dense: Engine;
  before(async () => {
    skipping = await createOnnxEngine({ threads: 1, skip_silent: "on" });
    dense = await createOnnxEngine({ threads: 1, skip_silent: "off" });
  });

  const variants: Record<string, Parameters<typeof planWith>[0]> = {
    relu: {},
    "relu2, rmsnorm, no biases": { model: { activation: "relu2", norm: "rmsnorm", bias: false } },
    "two micro-batches, not clipped": { train: { accumulate: 2, grad_clip: 0 } },
  };
  for (const [what, { model, train }] of Object.entries(variants)) {
    it(`agrees with whole products after one step to 1e-5 and after 20 to 1e-3: ${what}`, async () => {
      const plan = planWith(
        { model: { ...settings.model, ...model }, train: { ...settings.train, eps: 1e-3, ...train } },
        32,
      );
      const [ours, theirs] = [await compiled(skipping, plan), await compiled(dense, plan)];
      expect([isDense(ours), isDense(theirs)]).to.deep.equal([false, true]);
      for (const [steps, tolerance] of [
        [1, 1e-5],
        [20, 1e-3],
      ] as const) {
        const got = await trainedFrom(skipping, ours, plan, sparse(plan), steps);
        const want = await trainedFrom(dense, theirs, plan, sparse(plan), steps);
        for (const [name, array] of Object.entries(want.state))
          expect(relativeError(got.state[name]!, array), name).below(tolerance);
        for (const [i, value] of want.said.entries()) expect(got.said[i]).closeTo(value, tolerance * Math.abs(value));
        // Other sums were taken: that they are equal to the last bit would mean that nothing was left out.
        if (what === "relu") expect(got.state).to.not.deep.equal(want.state);
      }
    });
  }

  it("agrees where layers are so wide that whole products are computed in blocks of rows, and others are not", async () => {
    const wide = planWith(
      { model: { ...settings.model, n_layers: 1, d_mlp: 8192 }, train: { ...settings.train, eps: 1e-3 } },
      32,
    );
    const [ours, theirs] = [await compiled(skipping, wide), await compiled(dense, wide)];
    const blocksIn = (program: Program) => Buffer.from((program as OnnxProgram).model).includes("Expand");
    expect([blocksIn(ours), blocksIn(theirs)]).to.deep.equal([true, false]);
    for (const start of [initialState(wide, createRandom(1, "init")), sparse(wide)]) {
      const [got, want] = [
        await trainedFrom(skipping, ours, wide, start, 1),
        await trainedFrom(dense, theirs, wide, start, 1),
      ];
      for (const [name, array] of Object.entries(want.state))
        expect(relativeError(got.state[name]!, array), name).below(1e-5);
    }
  });

  it("goes on where no unit fires at all, and where all do", async () => {
    const [ours, theirs] = [await compiled(skipping, smooth), await compiled(dense, smooth)];
    for (const bias of [-50, 50]) {
      const start = initialState(smooth, createRandom(1, "init"));
      for (const [name, { data }] of Object.entries(start)) if (/^blocks.*b_in/.test(name)) data.fill(bias);
      const [got, want] = [
        await trainedFrom(skipping, ours, smooth, start, 2),
        await trainedFrom(dense, theirs, smooth, start, 2),
      ];
      for (const [name, array] of Object.entries(want.state))
        expect(relativeError(got.state[name]!, array), name).below(1e-5);
    }
  });

  it("hides no NaN and no infinity: wherever one is planted, what becomes of it is what becomes of it in whole products", async () => {
    const notClipped = planWith(
      { model: { ...settings.model, n_layers: 1 }, train: { ...settings.train, grad_clip: 0 } },
      32,
    );
    const [ours, theirs] = [await compiled(skipping, notClipped), await compiled(dense, notClipped)];
    const broken = (state: Readonly<Record<string, NDArray>>) =>
      Object.entries(state).flatMap(([name, { data }]) =>
        (data as Float32Array).every(Number.isFinite) ? [] : [name],
      );
    const clean = sparse(notClipped);
    for (const [name, { shape, data }] of Object.entries(clean)) {
      if (name.startsWith("adam")) continue;
      // Belonging to a unit that fires (0), and to one that is silent (1), whichever axis the units are on.
      const places = name.includes("mlp.W_in")
        ? [0, 1, shape[1]! + 1]
        : name.includes("mlp.W_out")
          ? [0, shape[1]!, shape[1]! + 1]
          : [0, 1];
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const place of places) {
          const start = { ...clean, [name]: { shape, data: data.with(place, value) } };
          const [got, want] = [
            await trainedFrom(skipping, ours, notClipped, start, 1),
            await trainedFrom(dense, theirs, notClipped, start, 1),
          ];
          expect(
            [...broken(got.state), ...got.said.map(Number.isFinite)],
            `${value} at ${place} of ${name}`,
          ).to.deep.equal([...broken(want.state), ...want.said.map(Number.isFinite)]);
        }
      }
    }
  }).timeout(20_000);

  it("gives the same bits twice, with probes and without, and across a resume", async () => {
    const plain = await compiled(skipping, smooth);
    const watched = await compiled(skipping, smooth, [maskProbe]);
    const first = await trainedFrom(skipping, plain, smooth, sparse(smooth), 10);
    expect(await trainedFrom(skipping, plain, smooth, sparse(smooth), 10)).to.deep.equal(first);
    expect(await trainedFrom(skipping, watched, smooth, sparse(smooth), 10)).to.deep.equal(first);
    expect(await trainedFrom(skipping, plain, smooth, sparse(smooth), 10, true)).to.deep.equal(first);
  });

  it("leaves out the same units where it takes a probe's sums for its own, NaN among them or not", async () => {
    const sums: StepProbe = {
      name: "sums",
      sites: ["mlp_post"],
      probe: ({ mlp_post }, { tf }) => ({ held: mlp_post.map((h) => tf.sum(tf.relu(h), 1)) }),
    };
    const [plain, watched] = [await compiled(skipping, smooth), await compiled(skipping, smooth, [sums])];
    const { d_mlp, n_layers } = smooth.model.shape;
    /** What is summed along rows to a number a unit. */
    const summed = (program: Program) =>
      [...program.print!().matchAll(/reduce sum axes=\[1\] (%\d+) : float32 \[(\d+)\]$/gm)].flatMap(([, of, length]) =>
        length === `${d_mlp}` ? [of] : [],
      );
    const within = [...watched.print!().matchAll(/^(%\d+) = reduce sum axes=\[2\]/gm)].map(([, id]) => id);
    expect(within).to.have.length(n_layers);
    expect(summed(watched)).to.include.members(within); // and no sum over all tokens beside those
    expect(summed(watched)).to.have.length(summed(plain).length);
    const clean = sparse(smooth);
    const [name] = Object.keys(clean).filter((key) => key.includes("mlp.W_in")) as [string];
    const { shape, data } = clean[name]!;
    for (const start of [clean, { ...clean, [name]: { shape, data: data.with(1, Number.NaN) } }])
      expect(await trainedFrom(skipping, watched, smooth, start, 3)).to.deep.equal(
        await trainedFrom(skipping, plain, smooth, start, 3),
      );
  });

  it("counts the same firing units for probes", async () => {
    const programs = [await compiled(skipping, smooth, [maskProbe]), await compiled(dense, smooth, [maskProbe])];
    const [got, want] = await Promise.all(
      [skipping, dense].map(async (engine, i) =>
        programs[i]!.run(await engine.upload(sparse(smooth)), batch(smooth, 1)),
      ),
    );
    for (const [name, { data }] of Object.entries(want!))
      if (/use|union/.test(name)) expect(got![name]!.data, name).to.deep.equal(data);
  });

  it("leaves alone what is not a rectified MLP, and with `auto` what is too small to gain", async () => {
    const gelu = planWith({ model: { ...settings.model, activation: "gelu" }, train: settings.train }, 32);
    expect(isDense(await compiled(skipping, gelu))).to.equal(true);
    const auto = await createOnnxEngine({ threads: 1 });
    expect(isDense(await compiled(auto, smooth))).to.equal(true);
    const wide = planWith(
      {
        model: { ...settings.model, n_layers: 1, d_model: 128, d_mlp: 256 },
        train: { ...settings.train, batch_size: 64 },
      },
      32,
    );
    expect(isDense(await compiled(auto, wide))).to.equal(false);
    await auto.dispose();
  });
});
