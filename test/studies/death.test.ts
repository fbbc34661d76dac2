import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { documented, evidenceOf, truths, worlds } from "../../bench/calibration/death-worlds.ts";
import { createRandom } from "../../core/arrays/random.ts";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { listRuns, readRun } from "../../core/record/runs.ts";
import { createEventLog } from "../../statistics/event-study.ts";
import { replay } from "../../statistics/replay.ts";
import { costOf, type DeathReport, deathOf, planDeath } from "../../studies/death/death.ts";
import type { DeathOptions } from "../../studies/death/design.ts";
import type { Evidence } from "../../studies/death/evidence.ts";
import { deathTables } from "../../studies/death/tables.ts";
import { weigh } from "../../studies/death/weigh.ts";
import { formats } from "../../studies/formats.ts";
import { forkSweep } from "../../studies/sweep/fork-sweep.ts";
import { trainPlanned } from "../../studies/sweep/train-planned.ts";
import { command } from "../helpers/command.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { onlyRun, tinyConfig, trainTiny, withPlugins } from "../helpers/tiny.ts";

describe("replay", () => {
  it("is of units that one order silences, and of what the others do to them", () => {
    // Median margin 2. Unit 0 dies under both, unit 1 under the first alone, unit 2 stays, unit 3 was silent before.
    const found = replay([1, 2, 4, -1], [Float32Array.of(-1, 0, 4, 5), Float32Array.of(0, 3, 4, -2)]);
    expect(found).to.deep.include({ deaths: 3, own: (2 + 2 + 1) / 2, repeated: (1 - 1 + 2) / 2 });
  });
  it("says nothing of a single order", () => {
    expect(replay([1, 2], [Float32Array.of(-1, 1)]).deaths).to.equal(0);
  });
});

describe("weigh", function () {
  this.timeout(60_000);
  const small = { ...documented, layers: 3, units: 256 };
  const sets = 6;

  for (const name of ["directed", "random", "outliers"] as const) {
    it(`recognises a world in which ${truths[name].words}, and claims nothing false`, () => {
      const random = createRandom(11, name);
      const explanation = { directed: "directed dynamics", random: "random drift", outliers: "outliers" }[name];
      let [right, wrong] = [0, 0];
      for (let k = 0; k < sets; k++) {
        const verdicts = weigh(evidenceOf({ ...small, ...worlds[name] }, random));
        if (verdicts.find((one) => one.explanation === explanation)!.verdict === "supported") right++;
        if (verdicts.some((one) => truths[name].isFalse(one))) wrong++;
      }
      expect(right).to.be.at.least(sets - 1);
      expect(wrong).to.be.at.most(1);
    });
  }

  it("leaves open what is half and half, and what hardly happens", () => {
    for (const name of ["half", "still"] as const) {
      const random = createRandom(12, name);
      let wrong = 0;
      for (let k = 0; k < sets; k++) {
        const verdicts = weigh(evidenceOf({ ...small, ...worlds[name] }, random));
        if (verdicts.some((one) => truths[name].isFalse(one))) wrong++;
        const [directed] = verdicts;
        if (name === "half" && directed!.verdict === "not decided")
          expect(directed!.because).to.match(/5 checkpoints know it to within \d\.\d\d; .+ like them would decide/);
      }
      expect(wrong, name).to.be.at.most(1);
    }
  });

  const withRuns = (deathsAfterSpikes: number, elsewhere: number): Evidence => {
    const log = createEventLog(10);
    for (let block = 0; block < 20; block++) {
      log.spike(block * 100 + 20);
      log.event(block * 100 + 25, deathsAfterSpikes);
      for (let k = 0; k < elsewhere; k++) log.event(block * 100 + 40 + k);
    }
    const deaths = 20 * (deathsAfterSpikes + elsewhere);
    return { points: [], runs: [{ run: "a", deaths, spikes: log.result(), directedness: [] }], steps: 400 };
  };

  it("takes deaths beside spikes where there are no forks, and says why the others are open", () => {
    const [directed, random, outliers] = weigh(withRuns(1, 30));
    expect([directed!.verdict, random!.verdict, outliers!.verdict]).to.deep.equal([
      "not decided",
      "not decided",
      "contradicted",
    ]);
    expect(directed!.because).to.include("0 checkpoints were continued");
    expect(weigh(withRuns(30, 3))[2]!.verdict).to.equal("supported");
  });

  it("concludes nothing from an arm that left nothing out, nor from one that left out what is no outlier", () => {
    const evidence = evidenceOf({ ...small, ...worlds.outliers }, createRandom(3, "skips"));
    const skipping = (skipped: number): Evidence => ({
      ...evidence,
      points: evidence.points.map((point) => ({
        ...point,
        arms: point.arms.map((one) => (one.arm === "plain" ? one : { ...one, skipped })),
      })),
    });
    expect(weigh(skipping(0.01))[2]!.verdict).to.equal("supported");
    for (const [share, why] of [
      [0, "nothing was left out"],
      [0.3, "gradients grew"],
    ] as const) {
      const outliers = weigh(skipping(share))[2]!;
      expect([outliers.verdict, outliers.because.includes(why)]).to.deep.equal(["not decided", true]);
    }
  });
});

describe("a study of death", function () {
  this.timeout(120_000);
  after(removeTempFolders);
  const folder = tempFolder();
  const plugins = withPlugins({});
  let options: DeathOptions;

  before(async () => {
    const checkpoint = { every: 0, at: [4, 6], keep_last: 1 };
    await trainTiny(folder, { changes: { checkpoint, train: { ...tinyConfig.train, weight_decay: 0 } } });
    const root = join(folder, "runs");
    options = { root, dirs: [onlyRun(folder)], points: 2, orders: 2, horizons: [2, 4], tokens: 64 };
  });

  it("plans forks of every checkpoint, order and arm, with what they cost", async () => {
    const plan = await planDeath(options, plugins);
    expect(plan.designs[0]!.steps).to.deep.equal([4, 6]);
    expect(plan.designs[0]!.arms).to.deep.equal(["no-outliers", "half-lr", "hold-upstream-1"]); // decay is 0 as it is
    expect(plan.forks).to.have.lengthOf(2 * 2 * 4);
    expect(new Set(plan.forks.slice(0, 4).map(({ arm }) => arm))).to.deep.equal(new Set(["plain"]));
    const cost = await costOf(plan, plugins);
    expect([cost.forks, cost.steps]).to.deep.equal([16, 64]);
    expect(cost.ms).to.be.above(0);
    expect(cost.bytes).to.be.above(0);
    const short = await planDeath({ ...options, horizons: [10] }, plugins);
    expect([short.forks.length, short.notes[0]]).to.satisfy(
      ([n, note]: [number, string]) => n === 0 && /--horizons/.test(note),
    );
  });

  it("makes missing forks alone, goes on with those that were begun, and measures what is there", async () => {
    const plain = async () => (await planDeath(options, plugins)).forks.filter(({ arm }) => arm === "plain");
    const sweepOf = async () => {
      const requests = (await plain()).flatMap(({ request }) => request ?? []);
      return forkSweep(requests, { name: "death", root: options.root }).sweep;
    };
    const make = async (index: number, signal = new AbortController().signal) =>
      trainPlanned(await sweepOf(), index, { plugins, signal });
    expect((await make(0, AbortSignal.abort("stopped"))).state).to.equal("interrupted"); // after its first step
    const begun = (await plain())[0]!;
    expect([begun.dir, begun.left]).to.deep.equal([undefined, 3]);
    const count = (await plain()).length;
    for (let made = 0; made < count; made++) expect((await make(0)).state).to.equal("finished"); // the next one is first
    const ended = listRuns(options.root).runs.filter(({ run }) => run.fork !== undefined);
    expect(ended.map(({ run }) => run.attempts.length).sort()).to.deep.equal([1, 1, 1, 2]);
    const made = await plain();
    expect(made.map(({ request, left }) => [request, left])).to.deep.equal(made.map(() => [undefined, 0]));
    expect(listCheckpoints(made[0]!.dir!).map(({ step }) => step)).to.include.members([8, 6, 4]);

    const report = await deathOf(options, await planDeath(options, plugins), plugins);
    expect(report.summary.horizons.map(({ steps, points }) => [steps, points])).to.deep.equal([
      [2, 2],
      [4, 2],
    ]);
    expect(report.missing).to.equal(12);
    expect(new Set(report.verdicts.map(({ verdict }) => verdict))).to.deep.equal(new Set(["not decided"]));
    const [verdicts] = deathTables(report);
    const page = formats.html([{ ...verdicts!, note: "<script>" }], "a & b");
    expect(page).to.include('class="words"').and.not.include("<script>");
    expect(verdicts!.note).to.include(
      `experiment death ${readRun(options.dirs[0]!).run.id} --forks --points 2 --orders 2 --horizons 2 4`,
    );
  });

  it("is a command that prints what it costs, or weighs what is there, and says what the run itself cannot tell", async () => {
    const { id } = readRun(options.dirs[0]!).run;
    const sizes = ["--points=2", "--orders=2", "--horizons", "2", "4", "--tokens=64"];
    const death = (...args: string[]) => command(["death", ...args], { cwd: folder });
    const [weighed, planned, unknown] = await Promise.all([
      death("latest", ...sizes, "--json", "-o", "page"),
      death(id, ...sizes, "--dry-run"),
      death("nobody", ...sizes),
    ]);
    expect(weighed.code, weighed.stderr).to.equal(0);
    const report = JSON.parse(weighed.stdout) as DeathReport;
    expect(report).to.deep.include({ tokens: 64, forks: 16, missing: 12 });
    expect(report.verdicts.map(({ verdict }) => verdict)).to.deep.equal(Array(3).fill("not decided"));
    expect(report.notes).to.deep.equal([`run ${id}: neuron-death did not watch it, so its own deaths are not known.`]);
    expect(readFileSync(join(folder, "page", "death.md"), "utf8")).to.include("did not watch it");
    expect(JSON.parse(readFileSync(join(folder, "page", "death.json"), "utf8"))).to.deep.equal(report);
    expect(readdirSync(join(folder, "page")).sort()).to.deep.equal(["death.html", "death.json", "death.md"]);

    expect(planned.code, planned.stderr).to.equal(0);
    expect(planned.stdout).to.equal("");
    expect(planned.stderr).to.match(
      /^12 forks in 3 arms, 48 steps: about .+ one after another, [\d.]+ [kM]B on disk\.$/m,
    );
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.include("nobody");
    expect(unknown.stdout).to.equal("");
  });
});
