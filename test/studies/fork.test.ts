import { join } from "node:path";
import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { loadCheckpoint } from "../../core/checkpoint/checkpoint.ts";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { train } from "../../core/run/train.ts";
import { statisticNames } from "../../statistics/contrast.ts";
import { signFlip, signFlipTogether } from "../../statistics/seeds.ts";
import { armsOf, compareArm } from "../../studies/arms.ts";
import { contrastRuns, contrastSeeds } from "../../studies/contrast.ts";
import { type ForkOptions, forkRequests } from "../../studies/fork.ts";
import { layerOverlap, overlapOf } from "../../studies/overlap.ts";
import { pruneRun } from "../../studies/prune.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { onlyRun, tinyConfig, trainTiny, withPlugins } from "../helpers/tiny.ts";

const plugins = withPlugins({});
const changes = { checkpoint: { every: 4, keep_every: 4, keep_last: 1 }, analyzers: { "layer-contrast": {} } };

describe("forks", function () {
  this.timeout(120_000);
  after(removeTempFolders);
  const folder = tempFolder();
  const dirs: string[] = [];
  const options: ForkOptions = {
    root: join(folder, "runs"),
    ref: "latest",
    at: 4,
    orders: 2,
    steps: 4,
    counterfactuals: ["hold-layer-1", "no-outliers"],
  };

  before(async () => {
    await trainTiny(folder, { changes });
    const run = onlyRun(folder);
    for (const request of await forkRequests({ ...options, ref: run }, plugins)) dirs.push((await train(request)).dir);
    dirs.push(run);
  });

  const stateAt = (dir: string, step: number) =>
    loadCheckpoint(listCheckpoints(dir).find((found) => found.step === step)!.path).state;

  it("begin with the very state of the checkpoint and part from there, reading in other orders", async () => {
    const [a, b] = dirs as [string, string];
    const origin = dirs[6]!;
    const weights = (dir: string, step: number) => Array.from(stateAt(dir, step)["blocks.0.mlp.W_in"]!.data);
    expect(weights(a, 4)).to.deep.equal(weights(origin, 4));
    expect(weights(a, 8)).not.to.deep.equal(weights(b, 8));
    const steps = (await readRows(a)).rows.map(({ step }) => step);
    expect(steps).to.deep.equal([5, 6, 7, 8]);
    const rate = (dir: string) =>
      readRows(dir).then(({ rows }) => rows.find(({ step }) => step === 7)!.metrics["train/lr"]);
    expect(await rate(a)).to.equal(await rate(origin)); // the run's own schedule
  });

  it("hold what a counterfactual holds", () => {
    const held = dirs[2]!;
    expect(stateAt(held, 8)["blocks.1.mlp.W_in"]!.data).to.deep.equal(stateAt(held, 4)["blocks.1.mlp.W_in"]!.data);
    expect(stateAt(held, 8)["blocks.0.mlp.W_in"]!.data).not.to.deep.equal(stateAt(held, 4)["blocks.0.mlp.W_in"]!.data);
  });

  it("are compared with each other only: not with other runs, nor with themselves alone", async () => {
    const report = await overlapOf(dirs.slice(0, 2), 64, plugins);
    expect([report.step, report.steps, report.layers.length]).to.deep.equal([4, 4, 2]);
    expect((await rejectedBy(overlapOf(dirs.slice(0, 6), 64, plugins))).message).to.include(
      "got arms plain, hold-layer-1, no-outliers",
    );
    expect((await rejectedBy(overlapOf([dirs[0]!], 64, plugins))).code).to.equal("usage");
    expect((await rejectedBy(overlapOf([dirs[0]!, dirs[6]!], 64, plugins))).code).to.equal("usage");
  });

  it("are compared arm by arm, paired by data order; no-outliers says how many updates it left out", async () => {
    const report = await armsOf(dirs.slice(0, 6), 64, plugins);
    expect(report.arms.map(({ arm, orders }) => [arm, orders])).to.deep.equal([
      ["plain", [1, 2]],
      ["hold-layer-1", [1, 2]],
      ["no-outliers", [1, 2]],
    ]);
    const limit = (readRun(dirs[4]!).run as unknown as { config: { train: { skip_above: number } } }).config.train
      .skip_above;
    const rows = (await Promise.all(dirs.slice(4, 6).map(readRows))).flatMap((found) => found.rows);
    const above = rows.filter(({ metrics }) => metrics["train/grad_norm"]! > limit).length;
    expect(report.arms[2]!.skipped).to.equal(above);
    const idle = report.comparisons.filter(({ arm }) => arm === "no-outliers").map(({ conclusion }) => conclusion);
    if (above === 0) expect(new Set(idle)).to.deep.equal(new Set(["nothing changed"]));
    expect(report.comparisons.map(({ arm }) => arm)).to.not.include("plain");
  });

  it("leave out updates that stand out among those before the fork", async () => {
    const { rows } = await readRows(dirs[6]!);
    const norms = rows.slice(0, 4).map(({ metrics }) => metrics["train/grad_norm"]!);
    const mean = norms.reduce((a, b) => a + b) / 4;
    const deviation = Math.sqrt(norms.reduce((sum, norm) => sum + (norm - mean) ** 2, 0) / 3);
    const { config } = readRun(dirs[4]!).run as unknown as { config: { train: { skip_above: number } } };
    expect(config.train.skip_above).to.be.closeTo(mean + 3 * deviation, 1e-12);
  });

  it("are refused where the schedule has no step left to train, with the way to give it some", async () => {
    const { message } = await rejectedBy(forkRequests({ ...options, ref: dirs[6]!, at: 12 }, plugins));
    expect(message).to.match(/step 12 is the last of its schedule, .* Fork an earlier one: --at 4, --at 8\.$/);
  });

  it("need a checkpoint that is there and a counterfactual that is known", async () => {
    const refused = async (changed: Partial<ForkOptions>) =>
      (await rejectedBy(forkRequests({ ...options, ref: dirs[6]!, ...changed }, plugins))).message;
    expect(await refused({ at: 5 })).to.include("it has them at 4, 8, 12");
    expect(await refused({ counterfactuals: ["luck"] })).to.include("no-outliers");
  });

  it("pruning the silent costs nothing, pruning all the same as no layer at all", async () => {
    const report = await pruneRun({ dir: dirs[6]!, tokens: 4096, shares: [0.5, 1] }, plugins);
    const of = (removed: unknown) => report.removals.filter((one) => one.removed === removed);
    for (const { lossIncrease } of of("silent")) expect(lossIncrease).to.be.within(-1e-3, 1e-3);
    expect(of(1).map(({ units }) => units)).to.deep.equal([48, 48, 96]);
    expect(of(0.5).map(({ units }) => units)).to.deep.equal([24, 24, 48]);
  });

  it("contrast claims nothing from one seed, and refuses runs that differ in more than the seed", async () => {
    const report = await contrastRuns([dirs[6]!], 3);
    expect(new Set(report.statistics.map(({ claim }) => claim))).to.deep.equal(new Set(["too few seeds"]));
    const other = tempFolder();
    await trainTiny(other, { changes: { ...changes, seed: 4, train: { ...tinyConfig.train, lr: 1e-3 } } });
    const same = tempFolder();
    await trainTiny(same, { changes: { ...changes, seed: 5 } });
    expect((await rejectedBy(contrastRuns([dirs[6]!, onlyRun(other)], 3))).code).to.equal("usage");
    expect((await rejectedBy(contrastRuns([dirs[6]!, dirs[6]!], 3))).code).to.equal("usage");
    expect((await contrastRuns([dirs[6]!, onlyRun(same)], 3)).seeds).to.deep.equal([tinyConfig.seed, 5]);
  });
});

describe("contrastSeeds", () => {
  const layers = (first: number, last: number) => [first, (first + last) / 2, last];
  /** Every statistic 0.3 in both layers but for use_batch. */
  const seed = (use_batch: number[]) => ({
    ...Object.fromEntries(statisticNames.map((name) => [name, layers(0.3, 0.3)])),
    use_batch,
  });
  const found = (useBatch: number[][]) =>
    contrastSeeds(useBatch.map(seed) as never).find(({ statistic }) => statistic === "use_batch")!;
  it("claims what six seeds agree on", () => {
    const one = found([0.1, 0.12, 0.11, 0.13, 0.1, 0.12].map((first) => layers(first, first + 0.3)));
    expect([one.p, one.corrected, one.claim, one.spearman]).to.deep.equal([2 / 64, 2 / 64, "last higher", 1]);
    expect(one.delta.low).to.be.above(0.5);
  });
  it("claims nothing where they do not, nor with five", () => {
    expect(found([0.1, 0.5, 0.1, 0.5, 0.1, 0.5].map((first) => layers(first, 0.6 - first))).claim).to.equal("none");
    expect(found(Array.from({ length: 5 }, () => layers(0.1, 0.4))).claim).to.equal("too few seeds");
  });
  it("makes any false claim among nine statistics in at most 5 % of cases", () => {
    const random = createRandom(66, "nine");
    let [corrected, plain] = [0, 0];
    for (let round = 0; round < 400; round++) {
      const bySeed = Array.from({ length: 8 }, () => Array.from({ length: 9 }, () => random.normal()));
      if (signFlipTogether(bySeed).some((p) => p < 0.05)) corrected++;
      if (bySeed[0]!.some((_, j) => signFlip(bySeed.map((values) => values[j]!)) < 0.05)) plain++;
    }
    expect(corrected / 400).to.be.at.most(0.08);
    expect(plain / 400).to.be.above(0.2);
  });
});

describe("compareArm", () => {
  const forks = [1, 2, 3].flatMap((order) => [
    { arm: "plain", order },
    { arm: "half-lr", order },
  ]);
  const deaths = [[10], [4], [30], [25], [20], [15]];
  it("pairs forks by their data order", () => {
    const [layer, all] = compareArm("half-lr", forks, deaths, false);
    expect(layer).to.deep.include({ layer: 0, deaths: [4, 25, 15], plain: [10, 30, 20], conclusion: "fewer" });
    expect(layer!.difference.value).to.be.closeTo(-16 / 3, 1e-12);
    expect(layer!.difference.high).to.be.within(-5, 0);
    expect(all!.deaths).to.deep.equal([4, 25, 15]);
  });
  it("concludes nothing where the change never came into play, nor from one order", () => {
    expect(compareArm("half-lr", forks, deaths, true)[0]!.conclusion).to.equal("nothing changed");
    expect(compareArm("half-lr", forks.slice(0, 2), deaths.slice(0, 2), false)[0]!.conclusion).to.equal("not decided");
  });
});

describe("layerOverlap", () => {
  it("tells shared doom from being rare", () => {
    // 200 units; the 20 rarest all die in both forks: all of the overlap is explained by how seldom they fire.
    const before = Int32Array.from({ length: 200 }, (_, i) => i + 1);
    const dies = Int32Array.from(before, (count) => (count <= 20 ? 0 : count));
    const rare = layerOverlap(0, before, [dies, dies]);
    expect([rare.overlap.lift, rare.kappa]).to.deep.equal([1, 1]);
    // Every fifth unit, the same in both forks: nothing to do with frequency.
    const marked = Int32Array.from(before, (count) => (count % 5 === 0 ? 0 : count));
    const doomed = layerOverlap(0, before, [marked, marked]);
    expect(doomed.overlap.lift).to.be.closeTo(5, 1e-12);
    expect(doomed.fellSilent).to.deep.equal([40, 40]);
  });

  it("is calibrated where units die at random by how seldom they fire, as steeply as in training", () => {
    const random = createRandom(67, "null");
    let alarms = 0;
    for (let round = 0; round < 300; round++) {
      const before = Int32Array.from({ length: 400 }, () => Math.ceil(Math.exp(7 * random.next())));
      const later = () => before.map((count) => (random.next() < 1 / (1 + count / 3) ? 0 : count));
      if (layerOverlap(0, before, [later(), later(), later()]).overlap.z > 1.645) alarms++;
    }
    expect(alarms / 300).to.be.at.most(0.09);
  });
});
