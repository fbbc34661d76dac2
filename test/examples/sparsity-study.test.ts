import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { page } from "../../examples/sparsity-study/page.ts";
import { forms, planned } from "../../examples/sparsity-study/plan.ts";
import type { Summary } from "../../examples/sparsity-study/summary.ts";
import { trainAll } from "../../examples/sparsity-study/train-all.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";

const study = (name: string) => readFileSync(new URL(`../../examples/sparsity-study/${name}`, import.meta.url), "utf8");

describe("examples/sparsity-study", function () {
  this.timeout(120_000);
  after(removeTempFolders);

  it("has a page whose every number comes from the recorded summary", () => {
    expect(study("README.md")).to.equal(page(JSON.parse(study("results/summary.json")) as Summary));
  });

  it("trains what is missing, and nothing twice", async () => {
    const folder = tempFolder();
    const small = study(".experimentrc")
      .replace("steps: 3000", "steps: 3")
      .replace("warmup_steps: 100", "warmup_steps: 1");
    writeFileSync(join(folder, ".experimentrc"), small.replace("n_layers: 6", "n_layers: 2"));
    const said: string[] = [];
    const only = planned.slice(1, 2);
    const runs = await trainAll(folder, (text) => said.push(text), forms.full, only);
    expect([...runs.keys()]).to.deep.equal([only[0]!.name]);
    await trainAll(folder, (text) => said.push(text), forms.full, only);
    expect(said.map((text) => text.replace(/^.*: /, "").replace(/[\d.]+/g, "N"))).to.deep.equal([
      "held-out loss N, N s",
      "there already",
    ]);
  });
});
