import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { noHoles } from "../../core/record/holes.ts";
import { rowLine } from "../../core/record/lines.ts";
import { Library } from "../../viewer/library.ts";
import { decimate } from "../../viewer/series/decimate.ts";
import { loadIndex, saveIndex } from "../../viewer/series/disk-index.ts";
import { ingest, type Progress, rowsOfBlocks, sample } from "../../viewer/series/ingest.ts";
import { Store } from "../../viewer/series/store.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

const line = (seq: number, value: number) =>
  rowLine({ seq, step: seq + 1, tokens: (seq + 1) * 10, time: 1000 + seq, metrics: { "train/loss": value } });
const whole = { axis: "step", points: 1000 } as const;
const fresh = (): Progress => ({ offset: 0, size: 0, garbage: 0, holes: noHoles({}) });

describe("Store", () => {
  const temp = useTempDir();
  const write = (...values: readonly (readonly [number, number])[]) =>
    writeFileSync(join(temp(), "rows.jsonl"), values.map(([seq, value]) => line(seq, value)).join(""));

  it("holds every row exactly while there are few", async () => {
    write([0, 3], [1, 1], [2, 2]);
    const store = new Store();
    await ingest(temp(), store, fresh());
    const { step, values, stride } = decimate(store, ["train/loss"], whole);
    expect([step, values["train/loss"], stride]).to.deep.equal([[1, 2, 3], [3, 1, 2], 1]);
  });

  it("keeps the one peak and the one dip of a long run, however few points are asked for", () => {
    const store = new Store(64);
    for (let seq = 0; seq < 5000; seq++) {
      const value = seq === 3117 ? 99 : seq === 801 ? -99 : 1;
      store.append({ seq, step: seq + 1, tokens: seq, time: seq, metrics: { a: value } }, seq * 100);
    }
    expect(store.blocks).to.be.at.most(64);
    const { values, step } = decimate(store, ["a"], { axis: "step", points: 20 });
    expect(step).to.have.length.at.most(20);
    expect([Math.max(...(values.a as number[])), Math.min(...(values.a as number[]))]).to.deep.equal([99, -99]);
  });

  it("keeps a bounded part of a file with more metrics than any model has, and says that it does", () => {
    const store = new Store();
    for (let seq = 0; seq < 1500; seq++) {
      const others = Array.from({ length: 10 }, (_, i) => [`k${seq * 10 + i}`, 1]);
      const metrics = { "train/loss": seq === 700 ? 99 : 1, ...Object.fromEntries(others) };
      store.append({ seq, step: seq + 1, tokens: seq, time: seq, metrics }, seq * 100);
    }
    expect(store.crowded).to.equal(true);
    expect([store.columns.size, store.rows]).to.deep.equal([10_000, 1500]);
    expect(store.bytes).to.be.below(100e6);
    const { values, step } = decimate(store, ["train/loss", "k9000"], { axis: "step", points: 2000 });
    expect(step.at(-1)).to.equal(1500);
    expect(Math.max(...(values["train/loss"] as number[]))).to.equal(99);
    expect(values.k9000!.filter((value) => value !== null)).to.have.length.above(0);
  });

  it("takes rows after a resume in place of those they supersede, also in the middle of a block", async () => {
    const rows = Array.from({ length: 500 }, (_, seq) => [seq, 1] as const);
    write(...rows, [203, 7], [204, 7]);
    const store = new Store(64);
    await ingest(temp(), store, fresh());
    const again = await rowsOfBlocks(temp(), store, 0, store.blocks);
    const { step, values } = decimate(again, ["train/loss"], whole);
    expect(step).to.have.length(205);
    expect(values["train/loss"]?.slice(202)).to.deep.equal([1, 7, 7]);
    expect(Math.max(...(decimate(store, ["train/loss"], whole).values["train/loss"] as number[]))).to.equal(7);
  });

  it("reads on where it stopped, leaves a torn line for later, and counts lines that are no rows", async () => {
    write([0, 1]);
    const path = join(temp(), "rows.jsonl");
    appendFileSync(path, `not a row\n${line(1, 2).slice(0, 20)}`);
    const [store, progress] = [new Store(), fresh()];
    await ingest(temp(), store, progress);
    expect([store.rows, progress.garbage]).to.deep.equal([1, 1]);
    appendFileSync(path, line(1, 2).slice(20));
    await ingest(temp(), store, progress);
    expect([store.rows, store.latest.get("train/loss")?.value]).to.deep.equal([2, 2]);
  });

  it("keeps NaN and infinities apart from lines, with their steps", async () => {
    write([0, 1], [1, Number.NaN], [2, Number.POSITIVE_INFINITY]);
    const store = new Store();
    await ingest(temp(), store, fresh());
    expect(decimate(store, ["train/loss"], whole).values["train/loss"]).to.deep.equal([1, null, null]);
    expect(store.nonFinite.get("train/loss")?.map(({ step, value }) => [step, String(value)])).to.deep.equal([
      [2, "NaN"],
      [3, "Infinity"],
    ]);
  });

  it("comes back from the disk as it was, unless the file has been replaced", async () => {
    write(...Array.from({ length: 300 }, (_, seq) => [seq, Math.sin(seq)] as const));
    const [store, progress, folder] = [new Store(64), fresh(), join(temp(), "cache")];
    await ingest(temp(), store, progress);
    await saveIndex(temp(), store, progress, folder);
    const back = await loadIndex(temp(), folder);
    expect(decimate(back!.store, ["train/loss"], whole)).to.deep.equal(decimate(store, ["train/loss"], whole));
    expect(back!.progress).to.deep.equal(progress);
    write(...Array.from({ length: 300 }, (_, seq) => [seq, Math.cos(seq)] as const));
    expect(await loadIndex(temp(), folder)).to.equal(undefined);
  });

  it("gives a sample from all over a file, its last row included", async () => {
    mkdirSync(temp(), { recursive: true });
    write(...Array.from({ length: 20_000 }, (_, seq) => [seq, seq] as const));
    const store = await sample(temp(), 50);
    const { step } = decimate(store, ["train/loss"], whole);
    expect(step.length).to.be.within(40, 51);
    expect(step.at(-1)).to.equal(20_000);
    expect(step[0]).to.equal(1);
  });
});

describe("Library", () => {
  const temp = useTempDir();

  it("keeps some of the runs of a page that are more than fit, so that each question need not read all again", async () => {
    const ids = ["a", "b", "c", "d", "e"];
    for (const id of ids) writeSyntheticRun(temp(), { id, rows: 5, arraysEvery: 0 });
    const library = new Library(temp(), { indexFolder: temp(), budget: 100_000 });
    for (const id of ids) await library.series(id, ["train/loss"], whole);
    const open: string[] = [];
    for (const id of ids) if ((await library.change(id))!.rows > 0) open.push(id);
    expect(open, "the next question begins with the first").to.include("a");
    expect(open.length).to.be.within(2, 4);
    await library.close();
  });
});
