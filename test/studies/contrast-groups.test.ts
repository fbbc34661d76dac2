import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunFile } from "../../core/record/format.ts";
import { contrastGroups } from "../../studies/contrast-groups.ts";
import { command } from "../helpers/command.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("contrastGroups", () => {
  const dir = useTempDir();
  /** Runs of two learning rates; their losses differ by what the formula of synthetic runs says, seed by seed. */
  const written = (seeds: readonly number[], lrs: readonly number[] = [1e-3, 3e-3]) =>
    lrs.flatMap((lr) =>
      seeds.map((seed) =>
        writeSyntheticRun(join(dir(), "runs"), {
          id: `lr-${lr}-${seed}`,
          seed,
          lr,
          rows: 60,
          layers: 2,
          arraysEvery: 0,
        }),
      ),
    );

  it("compares by any key and any metric, seed by seed, and claims what six seeds can carry", async () => {
    const report = await contrastGroups(written([1, 2, 3, 4, 5, 6]), {
      ...{ by: ["train.lr"], metrics: ["train/loss", "token_sparsity/use_token"], rows: 5 },
    });
    expect(report.groups.map(({ of, seeds }) => [of, seeds.length])).to.deep.equal([
      [[1e-3], 6],
      [[3e-3], 6],
    ]);
    expect(report.metrics).to.deep.equal([
      "train/loss",
      "token_sparsity/use_token/layer_0",
      "token_sparsity/use_token/layer_1",
    ]);
    const [loss, ...use] = report.differences;
    // Same noise for the same seed: 3.1 times the progress times 30 times the difference of learning rates.
    const progress = [56, 57, 58, 59, 60].map((step) => 1 - Math.exp(-step / 80)).reduce((a, b) => a + b) / 5;
    expect(loss?.delta.value).to.be.closeTo(-3.1 * progress * 30 * 2e-3, 1e-9);
    expect(loss).to.include({ p: 0.03125, corrected: 0.03125, claim: "lower", group: 1 });
    for (const { delta, claim } of use) expect([Math.abs(delta.value) < 1e-12, claim]).to.deep.equal([true, "none"]);
  });

  it("says when seeds are too few, counts a seed once, and pairs only seeds that all groups have", async () => {
    const dirs = [...written([1, 2, 3]), ...written([4], [1e-3])];
    const report = await contrastGroups(dirs, { by: ["train.lr"], metrics: ["train/loss"], rows: 5 });
    expect(report.common).to.deep.equal([1, 2, 3]);
    expect(report.groups.map(({ seeds }) => seeds)).to.deep.equal([
      [1, 2, 3, 4],
      [1, 2, 3],
    ]);
    expect(report.differences[0]).to.include({ p: 0.25, claim: "too few seeds" });
    const { stdout, stderr } = await command(["contrast", ...dirs, "--by", "train.lr", "--metric", "train/loss"], {
      cwd: dir(),
    });
    expect(stdout, stderr).to.include(
      "3 seeds in all groups: no claim is made with fewer than 6; an exact p cannot fall below 0.250.",
    );
  });

  it("does not take observed models for repetitions of each other because they were read with one seed's text", async () => {
    const dirs = written([1, 2]);
    for (const [k, one] of dirs.entries()) {
      const file = join(one, "run.json");
      const run = JSON.parse(readFileSync(file, "utf8")) as RunFile;
      const observed = { architecture: "opt", source: "model", looks: 1 };
      const config = { ...run.config, observe: { paths: [`models/${k % 2}`] } };
      writeFileSync(file, JSON.stringify({ ...run, seed: 1, observed, config }));
    }
    const report = await contrastGroups(dirs, { by: ["train.lr"], metrics: ["train/loss"], rows: 5 });
    const models = ['seed 1 of ["models/0"]', 'seed 1 of ["models/1"]'];
    expect(report.groups.map(({ seeds }) => seeds)).to.deep.equal([models, models]);
    expect(report.common).to.deep.equal(models);
    expect(report.groups[0]!.values["train/loss"]!.se).to.be.above(0);
  });

  it("refuses a key in which runs do not differ, and a metric that they do not have", async () => {
    const dirs = written([1]);
    const refused = (by: string, metric: string) =>
      contrastGroups(dirs, { by: [by], metrics: [metric], rows: 5 }).then(String, (thrown: Error) => thrown.message);
    expect(await refused("model.n_layers", "train/loss")).to.equal(
      "contrast --by model.n_layers: expected runs with two values or more, got one: 2. Name a key of the config in which the runs differ.",
    );
    expect(await refused("train.lr", "eval/los")).to.include("expected a metric that the runs have, got `eval/los`");
  });
});
