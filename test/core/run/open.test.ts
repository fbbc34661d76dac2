import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { defineAnalyzer } from "../../../core/contract/analyzer.ts";
import { readRunFile } from "../../../core/record/run-file.ts";
import { savedRun, savedRuns } from "../../../core/record/saved-run.ts";
import { train } from "../../../core/run/train.ts";
import { builtIns } from "../../../plugins/index.ts";
import { forkRequests } from "../../../studies/fork.ts";
import { pruneRun } from "../../../studies/prune.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { onlyRun, tinyConfig, trainTiny, writeTiny } from "../../helpers/tiny.ts";

const short = { steps: 4, batch_size: 4, warmup_steps: 1, lr: 3e-3 };

describe("openStoredRun", () => {
  const dir = useTempDir();

  it("evaluates the very windows that training did: pruning starts from the run's last held-out loss", async () => {
    // Seven windows in batches of four: the last batch overlaps the first.
    await trainTiny(dir(), { changes: { train: short, eval: { every: 0, windows: 7 }, checkpoint: { every: 0 } } });
    const run = savedRun(onlyRun(dir()));
    const last = (await run.rows()).at(-1)!.metrics["eval/loss"]!;
    const report = await pruneRun({ dir: run.dir, tokens: 64, shares: [] }, builtIns);
    expect(report.windows).to.equal(7);
    expect(report.loss).closeTo(last, 1e-9);
  });
});

describe("run.json", () => {
  const dir = useTempDir();

  it("has every option of every plugin, where each plugin came from, and what started the run", async () => {
    const file = join(dir(), "mean.ts");
    writeFileSync(
      file,
      `import { defineAnalyzer } from ${JSON.stringify(new URL("../../../core/index.ts", import.meta.url).href)};
      import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
      export const mean = defineAnalyzer({ name: "mean", summary: "a test's", options: z.strictObject({ share: z.number().default(0.5) }),
        sites: [], metrics: { x: "x" }, setup: () => ({ probe: () => ({}), analyze: () => ({ x: 1 }) }) });`,
    );
    await trainTiny(dir(), { changes: { train: short, analyzers: { "neuron-death": {}, "./mean.ts": {} } } });
    const run = readRunFile(onlyRun(dir()));
    const { analyzers, model } = run.config as typeof tinyConfig & { model: { architecture: object } };
    expect(analyzers["./mean.ts"]).to.deep.equal({ every: 1, share: 0.5 });
    expect(analyzers["neuron-death"]).to.include.keys("every", "window_tokens", "frozen_every");
    expect(model.architecture).to.deep.equal({ "relu-transformer": {} });
    const own = run.plugins?.find(({ name }) => name === "mean");
    expect(own).to.include({ kind: "analyzer", key: "./mean.ts", from: "file", file: "mean.ts" });
    expect(own?.sha256).to.match(/^[0-9a-f]{64}$/);
    expect(run.plugins?.find(({ kind }) => kind === "optimizer")).to.include({ name: "adamw", from: "reluscope" });
    const [attempt] = run.attempts;
    expect(attempt?.command?.[0]).to.match(/mocha/);
    expect(attempt?.cwd).to.equal(process.cwd());
    expect(attempt?.host).to.be.a("string");
  });

  it("tells of a fork which keys its counterfactual changed", async () => {
    await trainTiny(dir(), { changes: { train: { ...short, steps: 8, until: 4 } } });
    const options = { root: join(dir(), "runs"), ref: "latest", orders: 1, steps: 2, counterfactuals: ["no-decay"] };
    const [plain, treated] = await forkRequests(options, builtIns);
    expect(treated!.loaded.sources["train.weight_decay"]).to.equal("fork");
    expect(plain!.loaded.sources["train.weight_decay"]).not.to.equal("fork");
  });
});

describe("plugins that do not fit", () => {
  const dir = useTempDir();

  it("are named before the first step: a key that the chosen optimizer does not read", async () => {
    const changes = { train: { ...short, optimizer: "sgd", beta1: 0.8 } };
    const error = await rejectedBy(trainTiny(dir(), { changes }));
    expect(error.code).to.equal("config.invalid");
    expect(error.message).to.include("train.beta1").and.to.include("optimizer `sgd` does not read this key");
    expect(existsSync(join(dir(), "runs"))).to.equal(false);
  });

  it("are named before the first step: a site that the model lacks, with those that it has", async () => {
    const analyzer = defineAnalyzer({
      name: "gates",
      summary: "a test's",
      options: z.strictObject({}),
      sites: ["mlp.gated"],
      metrics: { x: "x" },
      setup: () => ({ probe: () => ({}), analyze: () => ({ x: 0 }) }),
    });
    const changes = { train: short, analyzers: { gates: {} } };
    const error = await rejectedBy(trainTiny(dir(), { changes, analyzers: [analyzer] }));
    expect(error.code).to.equal("plugin.invalid");
    expect(error.message)
      .to.include("model `relu-transformer`")
      .and.to.include("mlp_post")
      .and.to.include("`mlp.gated`");
  });

  it("do fit: sgd with a constant rate trains, and resumes from its own state", async () => {
    const changes = {
      train: { steps: 4, batch_size: 4, lr: 1e-2, optimizer: { sgd: { momentum: 0.5 } }, schedule: "constant" },
    };
    const { last } = await trainTiny(dir(), { changes });
    expect(last["train/lr"]).to.equal(1e-2);
    expect(last["train/loss"]).to.be.below(5.6);
  });
});

describe("train with a plain config", () => {
  const dir = useTempDir();

  it("trains, and the run can be read back without knowing its files", async () => {
    writeTiny(dir());
    const { id } = await train({ config: { ...tinyConfig, train: short }, plugins: builtIns, baseDir: dir() });
    const [run] = savedRuns(join(dir(), "runs")).runs;
    expect(run?.id).to.equal(id);
    expect((await run!.rows()).map(({ step }) => step)).to.deep.equal([1, 2, 3, 4]);
    expect((run!.config as typeof tinyConfig).seed).to.equal(3);
    expect(readFileSync(join(run!.dir, "run.json"), "utf8")).to.include('"seed": "code"');
  });

  it("refuses keys that nothing reads, in JavaScript too", async () => {
    const config = { ...tinyConfig, sede: 3 } as never;
    const error = await rejectedBy(train({ config, plugins: builtIns, baseDir: dir() }));
    expect(error.message).to.include("unknown key `sede`").and.to.include("seed");
  });
});
