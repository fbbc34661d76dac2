import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Earlier, page } from "../../examples/sparsity-study/page.ts";
import { forms, studyPlan } from "../../examples/sparsity-study/plan.ts";
import type { Summary } from "../../examples/sparsity-study/summary.ts";
import { trainAll } from "../../examples/sparsity-study/train-all.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";

const study = (name: string) => readFileSync(new URL(`../../examples/sparsity-study/${name}`, import.meta.url), "utf8");

describe("examples/sparsity-study", function () {
  this.timeout(120_000);
  after(removeTempFolders);

  it("has a page whose every number comes from the recorded summary", () => {
    const [summary, earlier] = ["summary", "earlier"].map((name) => JSON.parse(study(`results/${name}.json`)));
    expect(study("README.md")).to.equal(page(summary as Summary, earlier as Earlier));
  });

  it("trains what is missing, and nothing twice", async () => {
    const folder = tempFolder();
    const small = study(".experimentrc")
      .replace("steps: 3000", "steps: 3")
      .replace("warmup_steps: 100", "warmup_steps: 1");
    const every = (text: string) =>
      text.replace("every: 100, keep_last: 1, keep_every: 100", "every: 1, keep_every: 1");
    writeFileSync(join(folder, ".experimentrc"), every(small.replace("n_layers: 6", "n_layers: 2")));
    const said: string[] = [];
    const form = { ...forms.full, fork: { at: 2, orders: 2, steps: 1 } };
    const only = { ...studyPlan(form), grid: { "train.lr": [3e-3], "model.init_scale": [1], seed: [1] }, exclude: [] };
    const [run, forks] = ["lr-0.003-init-1-seed-1", [1, 2].map((k) => `lr-0.003-init-1-seed-1-fork-2-order-${k}`)];
    const runs = await trainAll(folder, (text) => said.push(text), form, only);
    expect([...runs.keys()]).to.deep.equal([run, ...forks]);
    expect(await trainAll(folder, (text) => said.push(text), form, only)).to.deep.equal(runs);
    expect(said).to.have.members([run, ...forks].map((name) => `${name}: finished`));
  });
});
