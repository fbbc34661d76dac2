import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { readRows } from "../../core/record/reader.ts";
import { fit } from "../../examples/watch-fit/fit.ts";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixture = (name: string) => join(root, "test/fixtures/models", name);
/** A little of a corpus that takes no time, and few positions: the models of the tests have 32. */
const small = ["--set", 'data.corpus={"text":{"files":"corpus/*.txt"}}', "--n-ctx", "16", "--set", "eval.windows=8"];

describe("the examples of observed runs", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  it("observe-model looks at a folder from Hugging Face", async () => {
    writeTiny(dir());
    cpSync(join(root, "examples/observe-model/observe.yaml"), join(dir(), "observe.yaml"));
    const args = ["observe", fixture("opt"), "--config", "observe.yaml", ...small];
    const { code, stdout, stderr } = await command(args, { cwd: dir() });
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^layer +use_token/)
      .and.to.match(/perplexity \d+/);
    expect(stderr).to.match(/one look at opt/);
  });

  it("observe-history looks at a folder of steps", async () => {
    writeTiny(dir());
    cpSync(join(root, "examples/observe-history/observe.yaml"), join(dir(), "observe.yaml"));
    for (const step of [0, 512, 1000])
      cpSync(fixture("gpt_neox"), join(dir(), `pythia/step${step}`), { recursive: true });
    const args = ["observe", "pythia", "--config", "observe.yaml", ...small];
    const { code, stdout, stderr } = await command(args, { cwd: dir() });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/finished at step 1000/);
    expect(stderr).to.match(/gelu is never exactly zero/);
    const { rows } = await readRows(onlyRun(dir()));
    expect(rows.map(({ step, tokens }) => [step, tokens])).to.deep.equal([
      [0, 0],
      [512, 512 * 2_097_152],
      [1000, 1000 * 2_097_152],
    ]);
  });

  it("watch-fit is watched from the first batch to the last", async () => {
    const run = await fit(2, { cwd: dir(), observer: {} });
    const { rows } = await readRows(run);
    expect(rows.map(({ step }) => step)).to.deep.equal([0, 20, 32]);
    expect(rows[2]!.metrics["token_sparsity/use_token/layer_1"]).to.be.within(0, 1);
  });
});
