import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { decodeSafetensors, encodeSafetensors } from "../../core/arrays/safetensors.ts";
import { loadConfig } from "../../core/config/load.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { contrastRuns } from "../../studies/contrast.ts";
import { forkRequests } from "../../studies/fork.ts";
import { observeCheckpoints } from "../../studies/observe/observe.ts";
import { openCheckpoints } from "../../studies/observe/stored.ts";
import { paperOf } from "../../studies/paper/paper.ts";
import { paperTables } from "../../studies/paper/tables.ts";
import { pruneRun } from "../../studies/prune.ts";
import { reportDocument } from "../../viewer/report/document.ts";
import { useTempDir } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { trainTiny, withPlugins, writeTiny } from "../helpers/tiny.ts";

const fixtures = join(import.meta.dirname, "../fixtures/models");
const plugins = withPlugins({});

describe("openCheckpoints", function () {
  this.timeout(120_000);
  const folder = useTempDir();

  async function observed(observe: object, changes: object = {}) {
    writeTiny(folder(), {
      model: { n_ctx: 16 },
      analyzers: { "layer-contrast": {} },
      observe: { sequences: 4, ...observe },
      ...changes,
    });
    return observeCheckpoints({ loaded: await loadConfig({ cwd: folder(), env: {} }), plugins });
  }

  it("prunes our checkpoints and the run that observed them to the same numbers", async () => {
    const changes = { checkpoint: { every: 6, keep_every: 6 }, train: { steps: 12, batch_size: 4 } };
    const trained = await trainTiny(folder(), { changes });
    const looked = await observed({ paths: [trained.dir] });
    const asked = { at: 6, tokens: 512, shares: [0.5] };
    const [own, other] = [
      await pruneRun({ dir: trained.dir, ...asked }, plugins),
      await pruneRun({ dir: looked.dir, ...asked }, plugins),
    ];
    expect(own.step).to.equal(6);
    expect(own.removals.some(({ lossIncrease }) => lossIncrease !== 0)).to.equal(true);
    expect({ ...other, run: "" }).to.deep.equal({ ...own, run: "" });
    const refusals = [
      await rejectedBy(observed({ paths: [looked.dir] })),
      await rejectedBy(forkRequests({ root: "", ref: looked.dir, orders: 1, steps: 1, counterfactuals: [] }, plugins)),
    ];
    for (const { message } of refusals) expect(message).to.match(/expected a run with parameters/);
  });

  it("prunes a published model, with what its family puts before a text", async () => {
    const { dir } = await observed({ paths: [join(fixtures, "opt")] });
    const looking = await openCheckpoints(dir, plugins);
    const { tokens } = looking.windows(4);
    expect(Array.from({ length: tokens.shape[0]! }, (_, row) => tokens.data[row * 16])).to.deep.equal([2, 2, 2, 2]);
    expect(looking.sampler(7).next(1).tokens.data[0]).to.equal(2);
    await looking.open.close();
    const report = await pruneRun({ dir, tokens: 512, shares: [1] }, plugins);
    const { metrics } = (await readRows(dir)).rows[0]!;
    expect(report.loss).to.be.closeTo(metrics["eval/loss"]!, 1e-5);
    expect(report).to.not.have.property("meaning");
    const all = report.removals.filter(({ removed }) => removed === 1);
    expect(all.map(({ units }) => units)).to.deep.equal([32, 32, 64]);
    expect(all.every(({ lossIncrease }) => Math.abs(lossIncrease) > 1e-6)).to.equal(true);
  });

  it("measures the paper's tables on gated models by their gates, and says what fires", async () => {
    const { dir } = await observed({ paths: [join(fixtures, "llama-relu")] });
    const report = await paperOf({ dirs: [dir], tokens: 32 }, plugins);
    const { metrics } = (await readRows(dir)).rows[0]!;
    for (const layer of [0, 1]) {
      // The product of gate and up is above zero half as often as the gate.
      const use = report.runs[0]!.checkpoints[0]!.layers[layer]!.token.value;
      expect(use).to.be.closeTo(metrics[`layer_contrast/use_token/layer_${layer}`]!, 0.05);
    }
    expect(report.runs[0]).to.not.have.property("meaning");
    const paths = [join(fixtures, "llama-silu")];
    const soft = await observed({ paths, tokenizer: join(fixtures, "llama-relu") });
    const told = await paperOf({ dirs: [soft.dir], tokens: 32 }, plugins);
    expect(paperTables(told)[0]!.note).to.include("silu is never exactly zero");
  });

  it("is told of in reports: what was looked at, and what fires there", async () => {
    const { dir } = await observed({ paths: [join(fixtures, "gpt2")], threshold: { value: 0.25 } });
    const { abstract } = await reportDocument([dir], 0, folder());
    expect(abstract.join(" ")).to.match(
      /1 look at gpt2 \(gpt2\); nothing was trained\. gelu\w* is never exactly zero: .* above 0\.250, 0\.250 \(by layer\)/,
    );
    expect(abstract.join(" ")).to.not.match(/steps of/);
  });

  it("opens a run again with the thresholds that it has on record, and not with other text", async () => {
    const { dir } = await observed({ paths: [join(fixtures, "gpt2")], threshold: { quantile: 0.75 } });
    const looking = await openCheckpoints(dir, plugins);
    expect(looking.open.plan.thresholds).to.deep.equal(readRun(dir).run.observed!.thresholds);
    await looking.open.close();
    appendFileSync(join(folder(), "corpus", "0.txt"), "And then some more.\n");
    expect((await rejectedBy(openCheckpoints(dir, plugins))).code).to.equal("data.changed");
  });

  it("lets models that differ in where they come from be contrasted as seeds are", async () => {
    const sibling = join(folder(), "sibling");
    cpSync(join(fixtures, "opt"), sibling, { recursive: true });
    const path = join(sibling, "model.safetensors");
    const { arrays } = decodeSafetensors(readFileSync(path), path);
    const moved = Object.entries(arrays).map(([name, { shape, data }]) => {
      return [name, { shape, data: (data as Float32Array).map((x) => -x) }] as const;
    });
    writeFileSync(path, encodeSafetensors(Object.fromEntries(moved)));
    const a = await observed({ paths: [join(fixtures, "opt")] });
    const b = await observed({ paths: [sibling] });
    const { statistics } = await contrastRuns([a.dir, b.dir], 1);
    expect(statistics[0]!.layers).to.have.length(2);
    expect((await rejectedBy(contrastRuns([a.dir, a.dir], 1))).message).to.match(/comes twice/);
  });
});
