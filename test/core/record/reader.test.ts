import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { StoredRow } from "../../../core/record/format.ts";
import { eventLine, rowLine } from "../../../core/record/lines.ts";
import { addRow, type Damage, readEvents, readRowBatches, readRows } from "../../../core/record/reader.ts";
import { lastRow } from "../../../core/record/tail.ts";
import { useTempDir } from "../../helpers/temp.ts";

function row(seq: number, metrics: Record<string, number> = { "train/loss": seq / 3 }): StoredRow {
  return { seq, step: seq + 1, tokens: (seq + 1) * 32, time: 1000 + seq, metrics };
}

describe("readRows", () => {
  const dir = useTempDir();
  const path = () => join(dir(), "rows.jsonl");
  const write = (...lines: string[]) => writeFileSync(path(), lines.join(""));
  const seqs = async () => (await readRows(dir())).rows.map(({ seq }) => seq);

  it("gives back every number as it was, those that JSON lacks too", async () => {
    const metrics = {
      nan: Number.NaN,
      up: Infinity,
      down: -Infinity,
      tenth: 0.1 + 0.2,
      tiny: 5e-324,
      minusZero: -0,
      big: 1e300,
      'odd "key"\n': 1,
    };
    write(rowLine(row(0, metrics)));
    const { rows, damage } = await readRows(dir());
    expect(rows).to.deep.equal([row(0, metrics)]);
    expect(Object.is(rows[0]!.metrics.minusZero, -0)).to.equal(true);
    expect(damage).to.deep.equal({ lines: 0, torn: false });
  });

  it("takes no row in which any one bit has changed, and counts it; lines without a sum are taken as they are", async () => {
    const bytes = Buffer.from(rowLine(row(1)));
    const digits = bytes.indexOf(',"crc"');
    for (let at = 0; at < digits; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      writeFileSync(path(), Buffer.concat([Buffer.from(rowLine(row(0))), changed]));
      const { rows, damage } = await readRows(dir());
      expect([rows.map(({ seq }) => seq), damage.lines], `byte ${at}`).to.deep.equal([[0], 1]);
    }
    write('{"seq":0,"step":1,"tokens":32,"time":1000,"metrics":{"train/loss":0}}\n');
    expect((await readRows(dir())).rows).to.deep.equal([row(0)]);
  });

  it("finds no rows where there is no file yet", async () => {
    expect(await seqs()).to.deep.equal([]);
    expect(await lastRow(dir())).to.equal(undefined);
  });

  it("leaves out a last line torn at any byte and says so", async () => {
    const first = rowLine(row(0));
    const second = rowLine(row(1, { naïve: 1 }));
    const bytes = Buffer.from(second);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path(), Buffer.concat([Buffer.from(first), bytes.subarray(0, length)]));
      const { rows, damage } = await readRows(dir());
      expect(rows, `${length} bytes`).to.deep.equal([row(0)]);
      expect(damage).to.deep.equal({ lines: 0, torn: length > 0 });
      expect(await lastRow(dir())).to.deep.equal(row(0));
    }
  });

  it("counts and skips lines that are no rows", async () => {
    const bad = [
      "garbage\n",
      "\n",
      "null\n",
      "[1]\n",
      "\u0000\u0000\u0000\n",
      '{"seq":2}\n',
      '{"seq":1,"step":2,"tokens":3,"time":4,"metrics":{"a":null}}\n',
      '{"seq":1,"step":2,"tokens":3,"time":4,"metrics":{"a":"many"}}\n',
      '{"seq":-1,"step":2,"tokens":3,"time":4,"metrics":{}}\n',
      '{"seq":0,"step":0,"tokens":3,"time":4,"metrics":[]}\n',
      '{"seq":0,broken\n',
      `${"[".repeat(100_000)}\n`,
    ];
    write(rowLine(row(0)), rowLine(row(1)), ...bad, rowLine(row(2)), bad[0]!);
    const { rows, damage } = await readRows(dir());
    expect(rows.map(({ seq }) => seq)).to.deep.equal([0, 1, 2]);
    expect(damage).to.deep.equal({ lines: bad.length + 1, torn: false });
    expect((await lastRow(dir()))?.seq).to.equal(2);
  });

  it("lets a row supersede all earlier ones of the same and later seq", async () => {
    write(...[0, 1, 2, 3, 4, 2, 3].map((seq) => rowLine(row(seq))));
    expect(await seqs()).to.deep.equal([0, 1, 2, 3]);
  });

  it("keeps the later of two rows of one seq", async () => {
    write(rowLine(row(0, { a: 1 })), rowLine(row(0, { a: 2 })));
    expect((await readRows(dir())).rows).to.deep.equal([row(0, { a: 2 })]);
  });

  it("follows resumes of resumes, and holes that lost rows left", async () => {
    write(...[0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 1, 4, 9].map((seq) => rowLine(row(seq))));
    expect(await seqs()).to.deep.equal([0, 1, 4, 9]);
  });

  it("agrees with addRow, row by row, on random sequences of resumes", async () => {
    let random = 12345;
    const below = (n: number) => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return (random >>> 8) % n;
    };
    for (let round = 0; round < 30; round++) {
      const lines = [];
      const expected: StoredRow[] = [];
      for (let i = 0, seq = 0; i < 60; i++, seq = below(8) === 0 ? below(seq + 1) : seq + 1) {
        const next = row(seq, { i });
        lines.push(below(10) === 0 ? '{"seq":0,garbage\n' : "", rowLine(next));
        addRow(expected, next);
      }
      write(...lines);
      expect((await readRows(dir())).rows).to.deep.equal(expected);
    }
  });

  it("reads rows written by others: keys in any order, carriage returns, spaces", async () => {
    write(rowLine(row(5)), '{ "step": 1, "metrics": {"a": 1}, "time": 0, "tokens": 32, "seq": 0 }\r\n');
    expect(await seqs()).to.deep.equal([0]);
  });

  it("reads lines longer than a chunk, and many chunks", async () => {
    const wide = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`section/metric_number_${i}`, i]));
    write(rowLine(row(0, wide)), ...Array.from({ length: 30_000 }, (_, i) => rowLine(row(i + 1))), rowLine(row(100)));
    const batches = [];
    const damage: Damage = { lines: 0, torn: false };
    for await (const batch of readRowBatches(dir(), damage)) batches.push(batch.length);
    expect(batches.reduce((a, b) => a + b)).to.equal(101);
    expect(damage.lines).to.equal(0);
    expect((await lastRow(dir()))?.seq).to.equal(100);
  });

  it("does not touch prototypes", async () => {
    write('{"seq":0,"step":1,"tokens":1,"time":0,"metrics":{"__proto__":"NaN"}}\n');
    const { rows } = await readRows(dir());
    expect(Object.entries(rows[0]!.metrics)).to.deep.equal([["__proto__", Number.NaN]]);
  });
});

describe("lastRow", () => {
  const dir = useTempDir();
  it("finds a row that is longer than a block, and one before much garbage", async () => {
    const path = join(dir(), "rows.jsonl");
    const wide = row(1, Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`ä/${i}`, i])));
    writeFileSync(path, rowLine(row(0)) + rowLine(wide));
    expect(await lastRow(dir())).to.deep.equal(wide);
    appendFileSync(path, "x\n".repeat(100_000));
    expect(await lastRow(dir())).to.deep.equal(wide);
    expect(readFileSync(path).length).to.be.greaterThan(65536 * 3);
  });
});

describe("readEvents", () => {
  const dir = useTempDir();
  const event = (source: string, kind: string, step: number, data = {}) => ({
    source,
    kind,
    step,
    tokens: step * 32,
    time: step,
    data,
  });
  const write = (...events: ReturnType<typeof event>[]) =>
    writeFileSync(join(dir(), "events.jsonl"), events.map(eventLine).join(""));

  it("leaves out what plugins said after the step that a resume went back to, never what the run said", async () => {
    write(
      event("neuron-death", "death", 5),
      event("run", "checkpoint", 6),
      event("neuron-death", "death", 6),
      event("neuron-death", "death", 7),
      event("run", "warning", 8),
      event("run", "resume", 6, { step: 6 }),
      event("neuron-death", "death", 9),
    );
    const { events } = await readEvents(dir());
    expect(events.map(({ source, kind, step }) => `${source} ${kind} ${step}`)).to.deep.equal([
      "neuron-death death 5",
      "run checkpoint 6",
      "neuron-death death 6",
      "run warning 8",
      "run resume 6",
      "neuron-death death 9",
    ]);
  });

  it("takes a time that grows with their number, however many resumes there are", async function () {
    this.timeout(5000); // one by one it took 40 s
    write(event("x", "death", 1), event("x", "death", 2));
    const resume = eventLine(event("run", "resume", 1, { step: 1 }));
    appendFileSync(join(dir(), "events.jsonl"), resume.repeat(60_000));
    const { events } = await readEvents(dir());
    expect(events).to.have.length(60_001);
    expect(events[0]!.step).to.equal(1);
  });

  it("is not fooled by a plugin's own event called resume", async () => {
    write(event("other", "death", 7), event("other", "resume", 7, { step: 0 }));
    expect((await readEvents(dir())).events).to.have.length(2);
  });

  it("takes no event whose numbers have changed", async () => {
    write(event("x", "death", 5), event("x", "death", 6));
    const file = join(dir(), "events.jsonl");
    writeFileSync(file, readFileSync(file, "utf8").replace('"step":5', '"step":4'));
    const { events, damage } = await readEvents(dir());
    expect([events.map(({ step }) => step), damage.lines]).to.deep.equal([[6], 1]);
  });

  it("counts what it cannot read", async () => {
    write(event("run", "warning", 1));
    appendFileSync(join(dir(), "events.jsonl"), '{"kind":1}\nnope\n{"torn');
    const { events, damage } = await readEvents(dir());
    expect(events).to.have.length(1);
    expect(damage).to.deep.equal({ lines: 2, torn: true });
  });
});
