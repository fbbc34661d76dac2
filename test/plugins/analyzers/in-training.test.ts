import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readEvents } from "../../../core/record/reader.ts";
import { resumeRequest } from "../../../core/run/request.ts";
import { train } from "../../../core/run/train.ts";
import { createMemorySink } from "../../../plugins/sinks/memory.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { comparableRows, losses, onlyRun, tinyConfig, trainTiny, withPlugins } from "../../helpers/tiny.ts";

const all = {
  "token-sparsity": { every: 3, per_unit: true },
  "batch-union-sparsity": { every: 2 },
  "layer-contrast": { every: 2, trend_every: 6, specificity_every: 5, specificity_units: 20, per_unit: true },
  "neuron-death": { window_tokens: 64, start_tokens: 64, frozen_every: 2, revival_share: 0.99, per_unit: true },
};
const changes = {
  train: { ...tinyConfig.train, steps: 36, lr: 0.03, weight_decay: 0.5 },
  checkpoint: { every: 7, keep_last: 2 },
  eval: { every: 0, windows: 4 },
  analyzers: all,
};

describe("the four analyzers in training", function () {
  this.timeout(120_000);
  after(removeTempFolders);

  it("go on after a resume as if nothing had happened: the same rows, events and arrays", async () => {
    const onDefault = { changes: { ...changes, engine: "auto" } };
    const whole = tempFolder();
    await trainTiny(whole, onDefault);
    const cut = tempFolder();
    const stop = new AbortController();
    const observer = { step: ({ step }: { step: number }) => step === 17 && stop.abort("test") };
    await trainTiny(cut, { ...onDefault, signal: stop.signal, observer: observer as never });
    await train(await resumeRequest(join(cut, "runs"), "latest", withPlugins({})));

    expect(await comparableRows(onlyRun(cut))).to.deep.equal(await comparableRows(onlyRun(whole)));
    const arrays = (folder: string) => {
      const files = join(onlyRun(folder), "arrays");
      return readdirSync(files).map((name) => [name, readFileSync(join(files, name), "base64")]);
    };
    expect(arrays(whole).length).to.be.above(10);
    expect(arrays(cut)).to.deep.equal(arrays(whole));
    const events = async (folder: string) =>
      (await readEvents(onlyRun(folder))).events.flatMap(({ source, step, kind, data }) =>
        source === "run" ? [] : [{ source, step, kind, data }],
      );
    expect((await events(whole)).length).to.be.above(3);
    expect(await events(cut)).to.deep.equal(await events(whole));
  });

  it("do not change what is trained", async () => {
    const rowsWith = async (analyzers: object) => {
      const { sink, memory } = createMemorySink();
      await trainTiny(tempFolder(), {
        changes: { ...changes, engine: "auto", analyzers, sinks: { memory: {} } },
        sinks: [sink],
      });
      return losses(memory.rows);
    };
    expect(await rowsWith(all)).to.deep.equal(await rowsWith({}));
  });

  it("decompose every followed unit's drift exactly, whatever moves it and whichever are followed", async () => {
    const { sink, memory } = createMemorySink();
    const some = { "neuron-death": { ...all["neuron-death"], followed_units: 20 } };
    for (const changed of [
      {},
      { model: { ...tinyConfig.model, norm: "rmsnorm", bias: false } },
      { analyzers: some },
      { analyzers: some, engine: "onnx" },
    ]) {
      await trainTiny(tempFolder(), { changes: { ...changes, ...changed, sinks: { memory: {} } }, sinks: [sink] });
      const all = (name: string) =>
        memory.rows.flatMap(({ metrics }) =>
          Object.entries(metrics).flatMap(([key, value]) => (key.includes(name) ? [value] : [])),
        );
      expect(all("drift_residual").length).to.be.above(30);
      expect(Math.max(...all("drift_residual"))).to.be.below(1e-5);
      // The change that the parts add up to is the one that the device saw, but for its rounding.
      expect(Math.max(...all("drift_rounding"))).to.be.below(1e-5);
    }
  });

  it("agree with each other on what they both report", async () => {
    const { sink, memory } = createMemorySink();
    await trainTiny(tempFolder(), { changes: { ...changes, sinks: { memory: {} } }, sinks: [sink] });
    const { metrics } = memory.rows.findLast(
      (row) => "neuron_death/dead/layer_0" in row.metrics && row.step % 6 === 0,
    )!;
    for (const layer of ["layer_0", "layer_1"]) {
      const use = ["token_sparsity", "batch_union_sparsity", "layer_contrast"].map(
        (s) => metrics[`${s}/use_token/${layer}`],
      );
      expect(use[1]).to.be.closeTo(use[0]!, 1e-12);
      expect(use[2]).to.be.closeTo(use[0]!, 1e-12);
      const batch = metrics[`batch_union_sparsity/use_batch/${layer}`]!;
      expect(metrics[`token_sparsity/never/${layer}`]).to.be.closeTo(1 - batch, 1e-12);
      expect(metrics[`token_sparsity/dormant_0/${layer}`]).to.be.closeTo(1 - batch, 1e-12);
      expect(metrics[`neuron_death/starved/${layer}`]).to.be.closeTo(1 - batch, 1e-12);
      const states = ["born_dead", "alive", "silent", "dormant", "dead", "revived"].map(
        (s) => metrics[`neuron_death/${s}/${layer}`]!,
      );
      expect(states.reduce((sum, share) => sum + share)).to.be.closeTo(1, 1e-12);
    }
  });
});
