import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openConfig } from "../../../core/config/load.ts";
import type { ExperimentError } from "../../../core/errors/errors.ts";
import { readPlan } from "../../../studies/sweep/plan.ts";
import { openSnapshot } from "../../../studies/sweep/snapshot.ts";
import { sweepOf } from "../../../studies/sweep/sweep.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("sweepOf", () => {
  const dir = useTempDir();
  const planned = async (plan: object, rc: object = {}) => {
    writeFileSync(join(dir(), "package.json"), "{}");
    writeFileSync(join(dir(), ".experimentrc"), JSON.stringify(rc));
    writeFileSync(join(dir(), "plan.yaml"), JSON.stringify(plan));
    const found = await readPlan(dir(), "plan.yaml");
    const base = await openConfig({ cwd: dir(), file: found.config, env: {} });
    return sweepOf(base, found.plan, found.name, found.where);
  };
  const settings = async (plan: object) => (await planned(plan)).runs.map((run) => run.settings);
  const refused = (plan: object) =>
    planned(plan).then(
      () => expect.fail("the plan was taken"),
      (thrown: unknown) => (thrown as ExperimentError).message,
    );

  it("makes every combination of grid, zip and list, the last changing fastest", async () => {
    expect(
      await settings({
        grid: { "train.lr": [0.001, 0.01] },
        zip: { "model.d_model": [32, 64], "model.n_heads": [2, 4] },
        list: [{ seed: 1 }, { seed: 2, "train.beta1": 0.8 }],
      }),
    ).to.deep.equal(
      [0.001, 0.01].flatMap((lr) =>
        [
          [32, 2],
          [64, 4],
        ].flatMap(([d_model, n_heads]) => [
          { "train.lr": lr, "model.d_model": d_model, "model.n_heads": n_heads, seed: 1 },
          { "train.lr": lr, "model.d_model": d_model, "model.n_heads": n_heads, seed: 2, "train.beta1": 0.8 },
        ]),
      ),
    );
  });

  it("reads ranges, and keys nested or dotted", async () => {
    expect(await settings({ grid: { seed: { from: 1, to: 3 } } })).to.deep.equal([
      { seed: 1 },
      { seed: 2 },
      { seed: 3 },
    ]);
    expect(await settings({ grid: { train: { beta1: { from: 0.1, to: 0.3, step: 0.1 } } } })).to.deep.equal([
      { "train.beta1": 0.1 },
      { "train.beta1": 0.2 },
      { "train.beta1": 0.3 },
    ]);
    expect(await settings({ grid: { "train.lr": { from: 1e-4, to: 1e-2, count: 3, log: true } } })).to.deep.equal([
      { "train.lr": 0.0001 },
      { "train.lr": 0.001 },
      { "train.lr": 0.01 },
    ]);
  });

  it("draws the same values for the same seed, and keeps them when more are drawn or another key joins", async () => {
    const keys = { "train.lr": { "log-uniform": [1e-4, 1e-2] }, seed: { integer: [1, 1000] } };
    const five = await settings({ random: { count: 5, keys } });
    const nine = await settings({ random: { count: 9, keys: { ...keys, "train.beta1": { choice: [0.8, 0.9] } } } });
    expect(nine.slice(0, 5).map(({ "train.beta1": _, ...rest }) => rest)).to.deep.equal(five);
    for (const { "train.lr": lr } of nine) expect(lr).to.be.within(1e-4, 1e-2);
    expect(new Set(nine.map(({ seed }) => seed)).size).to.equal(9);
    expect(await settings({ random: { count: 5, seed: 2, keys } })).to.not.deep.equal(five);
  });

  it("leaves out what is excluded by value, list or range, of the plan's keys or the config's", async () => {
    const grid = { "train.lr": [0.001, 0.01], seed: { from: 1, to: 4 } };
    expect(await settings({ grid, exclude: [{ "train.lr": 0.01, seed: { from: 2, to: 4 } }] })).to.have.length(5);
    expect(await settings({ grid, exclude: [{ "model.n_layers": [6, 7], seed: 1 }] })).to.have.length(6);
    const { notes, runs } = await planned({ grid, exclude: [{ seed: 9 }] });
    expect(runs).to.have.length(8);
    expect(notes).to.deep.equal(["exclude[0] leaves out no run."]);
  });

  it("names a run by its config: other runs, the order of keys, sinks and threads change nothing, and what decides its numbers does", async () => {
    const ids = async (plan: object, rc: object = {}) => (await planned(plan, rc)).runs.map(({ id }) => id);
    const [one] = await ids({ name: "s", grid: { "train.lr": [0.002], seed: [5] } });
    expect(one).to.match(/^s-[0-9a-f]{12}$/);
    expect(await ids({ name: "s", grid: { seed: [4, 5], "train.lr": [0.002, 0.1] } })).to.include(one);
    expect(await ids({ name: "s", grid: { seed: [5] } }, { train: { lr: 2e-3 } })).to.deep.equal([one]);
    const kept = { sinks: ["json", "console"], engine: { threads: 3 }, checkpoint: { every: 7 } };
    expect(await ids({ name: "s", set: { "train.lr": 0.002 }, grid: { seed: [5] } }, kept)).to.deep.equal([one]);
    expect(await ids({ name: "s", grid: { "train.lr": [0.002], seed: [5] } }, { eval: { every: 7 } })).to.not.include(
      one,
    );
    expect(await ids({ name: "s", grid: { "train.lr": [0.002], seed: [5] } }, { engine: "cpu" })).to.not.include(one);
  });

  it("leaves out the second of two equal runs and says so", async () => {
    const { runs, notes } = await planned({ grid: { seed: [1, 2, 1], "checkpoint.every": [10, 20] } });
    expect(runs).to.have.length(2);
    expect(notes.join()).to.match(
      /^4 of the plan's combinations are left out as another's equal: seed=1 every=10 and /,
    );
  });

  it("refuses a plan with the errors of the config, each fault once, before anything starts", async () => {
    expect(await refused({ grid: { "train.lr": [-1, 0.1], seed: { from: 1, to: 50 } } })).to.equal(
      "plan.yaml: train.lr: expected a number > 0, got `-1`.",
    );
    expect(await refused({ grid: { "train.lrr": [1] } })).to.equal(
      "plan.yaml: train: unknown key `lrr`. Did you mean `lr`?",
    );
    expect(await refused({ grids: { seed: [1] } })).to.include("unknown key `grids`. Did you mean `grid`?");
    expect(await refused({ zip: { seed: [1, 2], "train.lr": [0.1] } })).to.include("got 2 for seed and 1 for train.lr");
    expect(await refused({ grid: { runs: ["elsewhere"] } })).to.include("expected a key of the config");
    expect(await refused({ grid: { seed: { from: 3, to: 1 } } })).to.include("a range that leads from `from` to `to`");
    expect(await refused({ random: { count: 2, keys: { "train.lr": { normal: [0, 1] } } } })).to.include("log-uniform");
    expect(await refused({ name: "../up", grid: { seed: [1] } })).to.include("plan.yaml: name");
    expect(await refused({ grid: { seed: { from: 1, to: 1000 }, "data.order": { from: 0, to: 1000 } } })).to.include(
      "1001000",
    );
  });

  it("takes the plan from `sweep` in the rc file, which other commands pass over", async () => {
    writeFileSync(join(dir(), "package.json"), "{}");
    writeFileSync(
      join(dir(), ".experimentrc"),
      JSON.stringify({ seed: 4, sweep: { grid: { "train.lr": [0.1, 0.2] } } }),
    );
    mkdirSync(join(dir(), "below"));
    const found = await readPlan(join(dir(), "below"), undefined);
    const base = await openConfig({ cwd: dir(), file: found.config, env: {} });
    expect(sweepOf(base, found.plan, found.name, found.where).runs).to.have.length(2);
    expect(base.resolve().config.seed).to.equal(4);
    expect(base.resolve().config).to.not.have.property("sweep");
  });
});

describe("openSnapshot", () => {
  const dir = useTempDir();

  it("refuses a plan from somebody whose runs would stand elsewhere", () => {
    const file = join(dir(), "plan-01234567.json");
    for (const id of ["../elsewhere", "a/b", "..", ""]) {
      const runs = [{ id, settings: {} }];
      const nothing = { values: {}, sources: {}, keys: [], notes: [] };
      writeFileSync(file, JSON.stringify({ format: 1, name: "a", baseDir: "..", ...nothing, runs }));
      expect(() => openSnapshot(file), id).to.throw(/runs.*id: expected the name of a folder, got/);
    }
  });
});
