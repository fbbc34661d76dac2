import { existsSync } from "node:fs";
import { expect } from "chai";
import { z } from "zod";
import { listCheckpoints } from "../../../core/checkpoint/folder.ts";
import { type Analyzer, defineAnalyzer } from "../../../core/contract/analyzer.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { comparableRows, lossesOf, tinyConfig, trainTiny, weightsHash } from "../../helpers/tiny.ts";

/** Looks at every site there is, from as many steps as it can. */
const everything: Analyzer = defineAnalyzer({
  name: "everything",
  summary: "sums of all sites",
  options: z.strictObject({}),
  sites: [
    "embed",
    "resid_pre",
    "attn_pattern",
    "attn_out",
    "mlp_in",
    "mlp_pre",
    "mlp_post",
    "resid_post",
    "logits",
  ] as const,
  metrics: { total: "Sum over all sites." },
  setup: () => ({
    probe: ({ embed, logits, ...perLayer }, { grads }) => ({
      embed: embed.sum(),
      logits: logits.sum(),
      grads: Object.values(grads).map((grad) => grad.abs().sum()),
      ...Object.fromEntries(Object.entries(perLayer).map(([site, layers]) => [site, layers.map((one) => one.sum())])),
    }),
    analyze: (readings) => {
      const scalars = Object.values(readings).flat();
      return { total: scalars.reduce((sum, { data }) => sum + data[0]!, 0) };
    },
  }),
});

describe("train", () => {
  const dir = useTempDir();

  for (const engine of ["onnx", "wasm"]) {
    describe(`on ${engine}`, () => {
      const changes = { engine };

      it("gives bit-identical losses and weights from the same seed", async () => {
        const [a, b] = [await trainTiny(`${dir()}/a`, { changes }), await trainTiny(`${dir()}/b`, { changes })];
        expect(await comparableRows(a.dir))
          .to.have.length(12)
          .and.to.deep.equal(await comparableRows(b.dir));
        expect(weightsHash(a.dir)).to.equal(weightsHash(b.dir));
        const other = await trainTiny(`${dir()}/c`, { changes: { engine, seed: 4 } });
        expect(weightsHash(other.dir)).to.not.equal(weightsHash(a.dir));
      });

      it("gives bit-identical losses and weights whoever looks on, and how often", async () => {
        const unwatched = await trainTiny(`${dir()}/0`, { changes: { engine, analyzers: {} } });
        for (const analyzers of [
          { everything: {} },
          { everything: { every: 5 }, "token-sparsity": { every: 2 }, "batch-union-sparsity": { every: 3 } },
        ]) {
          const folder = `${dir()}/${Object.keys(analyzers).length}`;
          const watched = await trainTiny(folder, { changes: { engine, analyzers }, analyzers: [everything] });
          expect(watched.last["everything/total"]).to.be.a("number");
          expect(await lossesOf(watched.dir)).to.deep.equal(await lossesOf(unwatched.dir));
          expect(weightsHash(watched.dir)).to.equal(weightsHash(unwatched.dir));
        }
      });
    });
  }

  it("sees each batch in micro-batches as it would see it whole", async () => {
    const whole = await trainTiny(`${dir()}/whole`, { changes: { train: { ...tinyConfig.train, batch_size: 4 } } });
    const parts = await trainTiny(`${dir()}/parts`, {
      changes: { train: { ...tinyConfig.train, batch_size: 1, accumulate: 4 } },
    });
    const [a, b] = [await lossesOf(whole.dir), await lossesOf(parts.dir)];
    expect(a).to.have.length(12);
    for (const [i, loss] of a.entries()) expect(b[i]).to.be.closeTo(loss!, 1e-4);
    // The analyzers see all micro-batches together.
    const use = "batch_union_sparsity/use_batch/layer_0";
    expect(parts.last[use]).to.be.closeTo(whole.last[use]!, 0.02);
  });

  it("evaluates and saves when they are due, and at the last step", async () => {
    const result = await trainTiny(dir());
    const { rows } = await readRows(result.dir);
    const evaluated = rows.filter(({ metrics }) => "eval/loss" in metrics).map(({ step }) => step);
    expect(evaluated).to.deep.equal([5, 10, 12]);
    expect(listCheckpoints(result.dir).map(({ step }) => step)).to.deep.equal([12, 8]);
    expect(result.outcome).to.include({ state: "finished", step: 12, tokens: 12 * 4 * 16 });
  });

  it("evaluates all the windows that were asked for, also when they do not fill the last batch", async () => {
    const of = async (batch_size: number) => {
      const train = { steps: 1, batch_size, warmup_steps: 0, lr: 1e-12 }; // the weights stay as they were
      return (await trainTiny(`${dir()}/${batch_size}`, { changes: { engine: "auto", eval: { windows: 7 }, train } }))
        .last;
    };
    const [one, four] = [await of(1), await of(4)];
    expect(one["eval/loss"]).to.be.closeTo(four["eval/loss"]!, 1e-6);
    expect(one["eval/loss_se"]).to.be.closeTo(four["eval/loss_se"]!, 1e-6);
  });

  it("lets analyzers look at the first step, the last, and every N-th", async () => {
    const { dir: run } = await trainTiny(dir(), { changes: { analyzers: { "token-sparsity": { every: 5 } } } });
    const { rows } = await readRows(run);
    const looked = rows.filter(({ metrics }) => "token_sparsity/use_token/layer_0" in metrics);
    expect(looked.map(({ step }) => step)).to.deep.equal([1, 5, 10, 12]);
  });

  it("stops when asked, with a checkpoint at the step in hand, and resumes to what it would have been", async () => {
    const changes = { engine: "auto" };
    const whole = await trainTiny(`${dir()}/whole`, { changes });
    const stop = new AbortController();
    const observer = { step: ({ step }: { step: number }) => step === 6 && stop.abort("test") };
    const cut = await trainTiny(`${dir()}/cut`, { changes, signal: stop.signal, observer });
    expect(cut.outcome).to.include({ state: "interrupted", reason: "test" });
    const { step } = cut.outcome;
    expect(step).to.be.within(6, 8);
    expect(listCheckpoints(cut.dir)[0]?.step).to.equal(step);
    expect(await comparableRows(cut.dir)).to.have.length(step);

    const resumed = await trainTiny(`${dir()}/cut`, { resume: "latest" });
    expect(resumed.outcome.state).to.equal("finished");
    expect(await comparableRows(cut.dir)).to.deep.equal(await comparableRows(whole.dir));
    expect(weightsHash(cut.dir)).to.equal(weightsHash(whole.dir));
    const { events } = await readEvents(cut.dir);
    expect(events.filter(({ kind }) => kind === "resume").map(({ data }) => data.step)).to.deep.equal([step]);
  });

  it("holds the run directory while it trains, and frees it after", async () => {
    let locked = false;
    const observer = { saved: (path: string) => (locked ||= existsSync(`${path}/../../lock.json`)) };
    const result = await trainTiny(dir(), { observer });
    expect(locked).to.equal(true);
    expect(existsSync(`${result.dir}/lock.json`)).to.equal(false);
  });
});
