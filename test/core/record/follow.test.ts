import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { followRows } from "../../../core/record/follow.ts";
import type { StoredRow } from "../../../core/record/format.ts";
import { rowLine } from "../../../core/record/lines.ts";
import { addRow } from "../../../core/record/reader.ts";
import { useTempDir } from "../../helpers/temp.ts";

const line = (seq: number, metrics = { a: seq }) => rowLine({ seq, step: seq + 1, tokens: seq, time: seq, metrics });

describe("followRows", () => {
  const dir = useTempDir();
  const path = () => join(dir(), "rows.jsonl");
  const still = () => () => {};

  /** Follows with no ticks of its own: the test calls `look`. */
  function follow() {
    const rows: StoredRow[] = [];
    let batches = 0;
    const onRows = (batch: readonly StoredRow[]) => {
      batches++;
      for (const row of batch) addRow(rows, row);
    };
    const follower = followRows(dir(), onRows, { ticks: still });
    return { ...follower, seqs: () => rows.map(({ seq }) => seq), rows, batches: () => batches };
  }

  it("hands over what is there, then only what is new", async () => {
    writeFileSync(path(), line(0) + line(1));
    const follower = follow();
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0, 1]);
    appendFileSync(path(), line(2));
    await follower.look();
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0, 1, 2]);
    expect(follower.batches()).to.equal(2);
    follower.stop();
  });

  it("waits for a file that is not there, and for the end of a line", async () => {
    const follower = follow();
    await follower.look();
    const whole = line(0, { a: 0.125 });
    for (const character of whole) {
      expect(follower.seqs()).to.deep.equal([]);
      appendFileSync(path(), character);
      await follower.look();
    }
    expect(follower.rows[0]?.metrics).to.deep.equal({ a: 0.125 });
    follower.stop();
  });

  it("sees a resume supersede rows", async () => {
    writeFileSync(path(), line(0) + line(1) + line(2));
    const follower = follow();
    await follower.look();
    appendFileSync(path(), line(1));
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0, 1]);
    follower.stop();
  });

  it("reads on after a torn line was cut off and another written", async () => {
    writeFileSync(path(), `${line(0)}{"seq":1,"ste`);
    const follower = follow();
    await follower.look();
    writeFileSync(path(), line(0) + line(1));
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0, 1]);
    follower.stop();
  });

  it("begins again when the file was replaced by a shorter one", async () => {
    writeFileSync(path(), line(0) + line(1) + line(2));
    const follower = follow();
    await follower.look();
    writeFileSync(path(), line(0, { a: 9 }));
    await follower.look();
    expect(follower.rows.map(({ metrics }) => metrics)).to.deep.equal([{ a: 9 }]);
    follower.stop();
  });

  it("passes over garbage and hands nothing over once stopped", async () => {
    writeFileSync(path(), `garbage\n${line(0)}`);
    const follower = follow();
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0]);
    follower.stop();
    appendFileSync(path(), line(1));
    await follower.look();
    expect(follower.seqs()).to.deep.equal([0]);
  });

  it("tells of an error and goes on at the next look", async () => {
    writeFileSync(path(), line(0));
    const errors: unknown[] = [];
    let calls = 0;
    const onRows = () => {
      if (calls++ === 0) throw new Error("the viewer failed");
    };
    const follower = followRows(dir(), onRows, { ticks: still, onError: (thrown) => errors.push(thrown) });
    await follower.look();
    appendFileSync(path(), line(1));
    await follower.look();
    expect(errors).to.have.length(1);
    expect(calls).to.equal(2);
    follower.stop();
  });

  it("notices an append by itself", async () => {
    writeFileSync(path(), line(0));
    const seen: number[] = [];
    const done = new Promise<void>((resolve) => {
      const follower = followRows(dir(), (rows) => {
        seen.push(...rows.map(({ seq }) => seq));
        if (seen.length === 1) appendFileSync(path(), line(1));
        if (seen.length < 2) return;
        follower.stop();
        resolve();
      });
    });
    await done;
    expect(seen).to.deep.equal([0, 1]);
  });
});
