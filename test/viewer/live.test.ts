import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { useStage } from "../helpers/page.ts";
import { useTempDir } from "../helpers/temp.ts";

/** A corpus and a model that train in a second or two, and are read in the second after each step. */
const config = (runs: string) => ({
  runs,
  name: "live one",
  engine: "cpu",
  model: { n_layers: 2, d_model: 8, n_heads: 2, d_mlp: 16, n_ctx: 8 },
  data: { corpus: { text: { files: "corpus.txt" } } },
  train: { steps: 250, batch_size: 2, warmup_steps: 2 },
  eval: { every: 100, windows: 2 },
  checkpoint: { every: 0 },
  analyzers: { "token-sparsity": {} },
  sinks: { json: {} },
});

describe("viewer page, live", function () {
  this.timeout(40_000);
  const stage = useStage();
  const dir = useTempDir();

  it("follows a real run from its first row to its end, without being touched", async () => {
    const { root, page, open, troubles } = stage();
    const cwd = dir();
    writeFileSync(join(cwd, "corpus.txt"), "the cat sat on the mat and the dog sat on the log\n\n".repeat(60));
    writeFileSync(join(cwd, ".experimentrc.json"), JSON.stringify(config(root)));
    await open();
    const training = command(["train"], { cwd });
    await page.getByRole("link", { name: "live one" }).click();
    await page.locator("#chart-overview-token_sparsity-use-token canvas").waitFor();
    const steps = () => page.locator(".tiles dd").first().textContent();
    const early = Number.parseInt((await steps())!, 10);
    const { code, stderr } = await training;
    expect(code, stderr).to.equal(0);
    await page.locator(".run-title .state.finished").waitFor();
    expect(await steps()).to.equal("250 / 250");
    expect(early).to.be.lessThan(250);
    expect(troubles).to.deep.equal([]);
  });
});
