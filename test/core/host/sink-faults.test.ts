import { expect } from "chai";
import { z } from "zod";
import type { Run } from "../../../core/contract/run.ts";
import {
  defineSink,
  type Notices,
  type Row,
  type RunEvent,
  type Sink,
  type SinkInstance,
} from "../../../core/contract/sink.ts";
import { createSinkQueue } from "../../../core/host/sink-queue.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { readRun } from "../../../core/record/runs.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { onlyRun, trainTiny } from "../../helpers/tiny.ts";

/** A sink that does nothing but this. */
function sink(hooks: Partial<Record<keyof SinkInstance, unknown>> | ((notices: Notices) => object)): Sink {
  return defineSink({
    name: "faulty",
    summary: "does nothing but one thing",
    options: z.strictObject({}),
    setup: (_, notices) => {
      const own = typeof hooks === "function" ? hooks(notices) : hooks;
      return { open() {}, write() {}, close() {}, ...own } as SinkInstance;
    },
  });
}

const fail = () => {
  throw new Error("no luck");
};
const changes = { sinks: { json: {}, faulty: {} } };

describe("a sink that", () => {
  const dir = useTempDir();

  async function trainWith(faulty: Sink) {
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    const result = await trainTiny(dir(), { changes, sinks: [faulty], observer });
    const { rows } = await readRows(result.dir);
    expect(rows, "the other sink's rows").to.have.length(12);
    return { result, warnings };
  }

  it("cannot open: the run does not start, is on record as failed, and the sink before is closed", async () => {
    const observer = { step: () => expect.fail("a step was made") };
    let closed = 0;
    const faulty = sink({ open: fail, close: () => void closed++ });
    const error = await rejectedBy(trainTiny(dir(), { changes, sinks: [faulty], observer }));
    expect(error.code).to.equal("plugin.failed");
    expect(error.exitCode).to.equal(1);
    expect(error.message).to.equal("sink faulty: open failed at step 0: no luck");
    const { state, run } = readRun(onlyRun(dir()));
    expect(state).to.equal("failed");
    expect(run.attempts[0]?.outcome).to.include({ step: 0, reason: error.message });
    expect(closed, "a sink that did not open is not closed").to.equal(0);
  });

  it("cannot be set up: the run does not start and leaves nothing", async () => {
    const error = await rejectedBy(trainTiny(dir(), { changes, sinks: [sink(fail)] }));
    expect(error.message).to.equal("faulty: setup failed at step 0: no luck");
    expect(() => onlyRun(dir())).to.throw("no run");
  });

  for (const [how, raise] of [
    ["throws", fail],
    ["rejects later", () => new Promise((_, reject) => setImmediate(() => reject(new Error("no luck"))))],
  ] as const) {
    it(`${how} in write once loses those rows, says so once, and gets the others`, async () => {
      let calls = 0;
      const got: number[] = [];
      const write = (rows: readonly Row[]) => {
        if (++calls === 3) return raise();
        got.push(...rows.map(({ seq }) => seq));
      };
      const { result, warnings } = await trainWith(sink({ write }));
      const lost = result.lostRows.faulty!;
      expect(lost).to.be.greaterThan(0);
      expect(got).to.have.length(12 - lost);
      expect(result.outcome.state).to.equal("finished");
      expect(result.failedPlugins).to.deep.equal(["sink faulty"]);
      expect(warnings).to.deep.equal([
        "sink faulty: write failed: no luck. Training goes on; rows that it loses are counted.",
        `sink faulty: ${lost} ${lost === 1 ? "row was" : "rows were"} lost.`,
      ]);
    });

    it(`${how} in write each time loses all rows, says so once, and is still closed`, async () => {
      let closed = 0;
      const { result, warnings } = await trainWith(sink({ write: raise, close: () => void closed++ }));
      expect(result.lostRows).to.deep.equal({ json: 0, faulty: 12 });
      expect(warnings).to.have.length(2);
      expect(closed).to.equal(1);
      const { events } = await readEvents(result.dir);
      expect(events.filter(({ kind }) => kind === "warning")).to.have.length(2);
    });
  }

  it("says how many rows its failure cost is believed", async () => {
    const write = (rows: readonly Row[]) => {
      if (rows.some(({ step }) => step === 5)) throw Object.assign(new Error("no room for pictures."), { lostRows: 0 });
    };
    const { result, warnings } = await trainWith(sink({ write }));
    expect(result.lostRows.faulty).to.equal(0);
    expect(result.failedPlugins).to.deep.equal(["sink faulty"]);
    expect(warnings).to.deep.equal([
      "sink faulty: write failed: no room for pictures. Training goes on, and no row is lost.",
    ]);
  });

  it("is slow gets rows in order and in batches, never two calls at once, and is waited for", async () => {
    let inside = 0;
    const batches: number[][] = [];
    const write = async (rows: readonly Row[]) => {
      expect(++inside).to.equal(1);
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      batches.push(rows.map(({ seq }) => seq));
      inside--;
    };
    const close = () => expect(batches.flat()).to.have.length(12);
    const { result } = await trainWith(sink({ write, close }));
    expect(batches.flat()).to.deep.equal(Array.from({ length: 12 }, (_, i) => i));
    expect(result.failedPlugins).to.deep.equal([]);
  });

  it("cannot close is reported once, and the run is finished", async () => {
    const { result, warnings } = await trainWith(sink({ close: fail }));
    expect(result.outcome.state).to.equal("finished");
    expect(result.failedPlugins).to.deep.equal(["sink faulty"]);
    expect(warnings).to.deep.equal(["sink faulty: close failed: no luck. What it had not written yet may be lost."]);
    expect(readRun(result.dir).state).to.equal("finished");
  });

  it("warns as it is set up or opened has that on record, in every sink", async () => {
    const { result, warnings } = await trainWith(
      sink(({ warn }) => {
        warn("from setup");
        return { open: () => warn("from open") };
      }),
    );
    expect(warnings).to.deep.equal(["from setup", "from open"]);
    const { events } = await readEvents(result.dir);
    const recorded = events.filter(({ kind }) => kind === "warning").map(({ data }) => data.message);
    expect(recorded).to.deep.equal(warnings);
  });
});

describe("createSinkQueue", () => {
  const row = (seq: number): Row => ({ seq, step: seq + 1, tokens: 0, time: 0, metrics: {}, arrays: {} });
  const event: RunEvent = { step: 1, tokens: 0, time: 0, source: "run", kind: "note", data: {} };
  const outcome = { state: "finished", step: 1, tokens: 0, time: 0 } as const;
  const run = {} as Run;
  const ignore = () => {};

  it("hands over nothing before open or after close", async () => {
    const calls: string[] = [];
    const record = (hook: string) => () => void calls.push(hook);
    const instance = { open: record("open"), write: record("write"), event: record("event"), close: record("close") };
    const queue = createSinkQueue("s", instance, ignore);
    void queue.event(event);
    void queue.write(row(0));
    expect(calls).to.deep.equal([]);
    await queue.open(run);
    expect(calls).to.deep.equal(["open", "event", "write"]);
    await queue.close(outcome);
    await queue.close(outcome);
    await queue.event(event);
    expect(calls).to.deep.equal(["open", "event", "write", "close"]);
  });

  it("does not call a sink from within its own call", async () => {
    let depth = 0;
    const seen: string[] = [];
    const queue = createSinkQueue(
      "s",
      {
        open() {},
        write() {
          expect(++depth).to.equal(1);
          void queue.event(event); // as a warning from inside `write` does
          seen.push("write");
          depth--;
        },
        event() {
          expect(++depth).to.equal(1);
          seen.push("event");
          depth--;
        },
        close() {},
      },
      ignore,
    );
    await queue.open(run);
    await queue.write(row(0));
    expect(seen).to.deep.equal(["write", "event"]);
    expect(queue.failed).to.equal(false);
  });

  it("takes what `write` returns for nothing unless it is a promise", async () => {
    const rows: Row[] = [];
    const write = ((batch: readonly Row[]) => rows.push(...batch)) as unknown as SinkInstance["write"];
    const queue = createSinkQueue("s", { open() {}, write, close() {} }, ignore);
    await queue.open(run);
    await queue.write(row(0));
    expect(queue).to.include({ lostRows: 0, failed: false });
  });

  it("makes the trainer wait when a sink is ten thousand rows behind", async () => {
    let release: () => void = ignore;
    let written = 0;
    const write = (rows: readonly Row[]) => {
      written += rows.length;
      if (written === 1)
        return new Promise<void>((resolve) => {
          release = resolve;
        });
    };
    const queue = createSinkQueue("s", { open() {}, write, close() {} }, ignore);
    await queue.open(run);
    let through = 0;
    const writing = (async () => {
      for (let seq = 0; seq < 10_010; seq++) {
        await queue.write(row(seq));
        through++;
      }
    })();
    await new Promise(setImmediate);
    expect(through).to.equal(10_001); // one with the sink, and those that may wait
    release();
    await writing;
    expect(through).to.equal(10_010);
    expect(written).to.equal(10_010);
  });
});
