import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { topShare } from "../../examples/own-analyzer/top-share.ts";
import { builtIns } from "../../plugins/index.ts";
import { checkAnalyzer, checkCorpus, checkSink } from "../../testing/index.ts";
import { useTempDir } from "../helpers/temp.ts";

/** Options under which a plugin does all that it can within a few steps and without a network. */
const options: Readonly<Record<string, object>> = {
  "layer-contrast": {
    trend_every: 2,
    specificity_every: 2,
    specificity_types: 5,
    specificity_units: 7,
    per_unit: true,
  },
  "neuron-death": { window_tokens: 64, start_tokens: 0, frozen_every: 2, per_unit: true },
  "token-sparsity": { per_unit: true },
  wandb: { mode: "offline", system_every: 0 },
  text: { files: ["*.txt"] },
  tokens: { files: ["ids.bin"], d_vocab: 300 },
};

describe("the contract is kept by", function () {
  this.timeout(60_000);
  const dir = useTempDir();
  beforeEach(() => {
    writeFileSync(join(dir(), "a.txt"), "One document.");
    writeFileSync(
      join(dir(), "ids.bin"),
      Uint16Array.from({ length: 50 }, (_, i) => (i * 7) % 300),
    );
  });

  for (const [name, load] of Object.entries(builtIns.analyzer)) {
    it(`analyzer ${name}`, async () => checkAnalyzer(await load(), options[name]));
  }
  it("analyzer top-share of the examples", () => checkAnalyzer(topShare, { share: 0.1 }));

  for (const [name, load] of Object.entries(builtIns.sink)) {
    it(`sink ${name}`, async () => checkSink(await load(), options[name]));
  }

  for (const [name, load] of Object.entries(builtIns.corpus)) {
    it(`corpus ${name}`, async () => checkCorpus(await load(), options[name], dir()));
  }
});
