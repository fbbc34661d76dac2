import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { RunLog, type RunLogOptions, type RunLogStart } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { lenient, type ReadRecord, readHistory, readLog } from "../../../helpers/wandb-reader.ts";

const options: RunLogOptions = {
  startedAt: runStart,
  bins: 4,
  axis: "tokens",
  holdsIds: () => false,
  summaryOf: (key) => (key === "train/loss" ? ["min", "max", "last"] : []),
};
const start: RunLogStart = {
  run: {
    id: "run1",
    entity: "",
    project: "p",
    group: "g",
    jobType: "train",
    sweepId: "s1",
    name: 'näme "quoted"\n',
    notes: "",
    tags: ["a", "b"],
    host: "h",
    startedAt: runStart + 0.25,
  },
  config: { lr: 0.1, deep: { n: [1, null, "x"] } },
  version: "1.2.3",
  cpus: 2,
};
const steps = (path: string) => readHistory(path).map((row) => row._step);

describe("RunLog", () => {
  const dir = useTempDir();
  const created = () => RunLog.create(join(dir(), "run-run1.wandb"), start, options);

  it("begins with a run record that an independent reader understands", () => {
    const runLog = created();
    const [{ run }, { record_type }] = readLog(runLog.path) as [ReadRecord, ReadRecord];
    expect(run).to.deep.include({
      run_id: "run1",
      project: "p",
      sweep_id: "s1",
      display_name: 'näme "quoted"\n',
      tags: ["a", "b"],
    });
    expect(run?.config.update.map(({ key, value_json }) => [key, JSON.parse(value_json)])).to.deep.equal([
      ["lr", 0.1],
      ["deep", { n: [1, null, "x"] }],
    ]);
    expect(run?.start_time).to.deep.equal({ seconds: runStart / 1000, nanos: 250_000 });
    expect(record_type).to.equal("environment");
    runLog.close();
  });

  it("has every row in the file when `row` returns, with step, time and numbers as they were", () => {
    const runLog = created();
    for (let step = 1; step <= 200; step++) {
      const row = testRow(step);
      runLog.row(row);
      if (step % 50 !== 0) continue;
      expect(readHistory(runLog.path).at(-1)).to.deep.equal({
        ...row.metrics,
        tokens: row.tokens,
        _step: step,
        _timestamp: row.time / 1000,
        _runtime: (row.time - runStart) / 1000,
      });
    }
    expect(steps(runLog.path)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i + 1));
    runLog.close();
  });

  it("numbers its records and defines each metric once, before its first row, with its axis", () => {
    const runLog = created();
    runLog.row(testRow(1));
    runLog.row(testRow(2));
    const records = readLog(runLog.path);
    expect(records.map(({ num }) => num)).to.deep.equal(records.map((_, i) => i + 1));
    const metrics = records.flatMap(({ metric }) => metric ?? []);
    expect(metrics.map(({ name, step_metric }) => [name, step_metric])).to.have.deep.members([
      ["tokens", undefined],
      ["train/loss", "tokens"],
      ["perf/tokens_per_s", "tokens"],
      ["a/b/layer_0", "tokens"],
    ]);
    expect(metrics.find(({ name }) => name === "train/loss")?.summary).to.deep.equal({
      min: true,
      max: true,
      last: true,
    });
    runLog.close();
  });

  it("keeps the least and the greatest in the summary, past NaN", () => {
    const runLog = created();
    const losses = [3, Number.NaN, 1, 2];
    for (const [i, loss] of losses.entries()) runLog.row({ ...testRow(i + 1), metrics: { "train/loss": loss } });
    const last = readLog(runLog.path)
      .flatMap(({ summary }) => summary ?? [])
      .at(-1);
    const values = last?.update.map(({ nested_key, value_json }) => [nested_key?.join("."), value_json]);
    expect(values).to.deep.include.members([
      ["train/loss.min", "1"],
      ["train/loss.max", "3"],
      ["train/loss.last", "2"],
    ]);
    runLog.close();
  });

  it("writes arrays as histograms over the finite values", () => {
    const runLog = created();
    const data = Float32Array.of(0, 1, 2, 3, 4, Number.NaN, Number.POSITIVE_INFINITY);
    runLog.row({ ...testRow(1), arrays: { "n/f/layer_0": { shape: [7], data } } });
    expect(readHistory(runLog.path)[0]?.["n/f/layer_0"]).to.deep.equal({
      _type: "histogram",
      values: [1, 1, 1, 2],
      bins: [0, 1, 2, 3, 4],
    });
    runLog.close();
  });

  it("takes hostile keys as they are, and lets none stand for W&B's own", () => {
    const runLog = created();
    const keys = ["__proto__x", 'a"b', "a\nb", "a.b", "ü/😀", "x".repeat(5000), "constructor"];
    const metrics = { _step: -1, _timestamp: -1, ...Object.fromEntries(keys.map((key, i) => [key, i])) };
    runLog.row({ ...testRow(7), metrics });
    const row = readHistory(runLog.path)[0];
    for (const [i, key] of keys.entries()) expect(row).to.have.own.property(key, i);
    expect(row).to.include({ _step: 7, "metric/_step": -1, "metric/_timestamp": -1 });
    runLog.close();
  });

  it("goes on after a crash at every byte of the last row, and loses no row before it", () => {
    const runLog = created();
    runLog.row(testRow(1));
    const whole = statSync(runLog.path).size;
    runLog.row(testRow(2));
    runLog.close();
    const size = statSync(runLog.path).size;
    const copy = join(dir(), "run-copy.wandb");
    for (let length = whole; length < size; length += 1) {
      copyFileSync(runLog.path, copy);
      truncateSync(copy, length);
      const again = RunLog.resume(copy, 1, start, options);
      again.row(testRow(2));
      again.close();
      expect(steps(copy), `torn at ${length}`).to.deep.equal([1, 2]);
      expect(readLog(copy).filter(({ metric }) => metric?.name === "train/loss")).to.have.length(1);
    }
  });

  it("begins anew where a crash left not even the run record", () => {
    const path = join(dir(), "run-run1.wandb");
    created().close();
    for (const length of [0, 3, 7, 20]) {
      truncateSync(path, Math.min(length, statSync(path).size));
      const runLog = RunLog.resume(path, 0, start, options);
      expect(readLog(path)[0]?.run?.run_id).to.equal("run1");
      runLog.close();
    }
  });

  it("takes out what the killed part had done past the checkpoint, and keeps console and system metrics", () => {
    const runLog = created();
    for (let step = 1; step <= 30; step++) runLog.row({ ...testRow(step), metrics: { "train/loss": -step } });
    runLog.output("stdout", runStart, "hello\n");
    runLog.stats(runStart, { cpu: 50 });
    runLog.exit(1, runStart + 5000);
    runLog.close();
    const again = RunLog.resume(runLog.path, 20, start, options);
    const kept = readLog(runLog.path);
    expect(steps(runLog.path)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(kept.filter(({ exit }) => exit)).to.have.length(0);
    expect(kept.filter(({ output_raw, stats }) => output_raw ?? stats)).to.have.length(2);
    const summary = kept
      .flatMap((r) => r.summary ?? [])
      .at(-1)
      ?.update.map((u) => [u.nested_key?.join("."), u.value_json]);
    expect(summary).to.deep.include.members([
      ["train/loss.min", "-20"],
      ["train/loss.max", "-1"],
      ["_step", "20"],
    ]);
    again.row({ ...testRow(21), metrics: { "train/loss": 7 } });
    again.close();
    expect(readHistory(runLog.path).at(-1)).to.include({ _step: 21, "train/loss": 7 });
    expect(existsSync(`${runLog.path}.rewrite`)).to.equal(false);
  });

  it("lets a row that repeats a step take the place of that step and all later ones", () => {
    const runLog = created();
    for (const step of [1, 2, 3, 4, 2, 3]) runLog.row(testRow(step, step === 2 ? 9 : 1));
    expect(steps(runLog.path)).to.deep.equal([1, 2, 3]);
    runLog.close();
  });

  it("keeps a damaged log aside and goes on with what is whole", () => {
    const runLog = created();
    for (let step = 1; step <= 3; step++) runLog.row(testRow(step));
    const good = readFileSync(runLog.path);
    const at = good.lastIndexOf("train/loss");
    runLog.row(testRow(4));
    runLog.close();
    const bad = readFileSync(runLog.path);
    bad[at] = 0x58;
    truncateSync(runLog.path, 0);
    appendFileSync(runLog.path, bad);
    const again = RunLog.resume(runLog.path, 4, start, options);
    expect(again.damage).to.include("damaged at byte");
    expect(readFileSync(`${runLog.path}.damaged`)).to.deep.equal(bad);
    expect(steps(runLog.path)).to.deep.equal([1, 2]);
    again.close();
  });

  it("writes a number so that reading it gives the same number", () => {
    const runLog = created();
    const values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 1e21, -0.5, 123456789.123, Number.NEGATIVE_INFINITY];
    runLog.row({ ...testRow(1), metrics: Object.fromEntries(values.map((v, i) => [`m/${i}`, v])) });
    const row = readHistory(runLog.path)[0];
    expect(values.map((_, i) => row?.[`m/${i}`])).to.deep.equal(values);
    expect(lenient("[NaN]")).to.deep.equal([Number.NaN]);
    runLog.close();
  });
});
