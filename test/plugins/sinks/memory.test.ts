import { expect } from "chai";
import type { Run } from "../../../core/contract/run.ts";
import type { Sink, SinkInstance } from "../../../core/contract/sink.ts";
import { createMemorySink, memory, memoryOfLastRun } from "../../../plugins/sinks/memory.ts";
import { testHost } from "../../helpers/sink-host.ts";

const moment = { step: 1, tokens: 32, time: 5 };
const row = { seq: 0, ...moment, metrics: { a: 0.5 }, arrays: { v: { shape: [1], data: Float32Array.of(7) } } };
const event = { ...moment, source: "run", kind: "warning", data: { list: [1] } };
const runAt = (dir: string) => ({ dir, charts: [] }) as unknown as Run;
const finished = { ...moment, state: "finished" } as const;
const setUp = (sink: Sink): SinkInstance => sink.setup(sink.options.parse({}) as never, testHost());

describe("createMemorySink", () => {
  it("keeps rows, events, run and outcome", async () => {
    const { sink, memory: kept } = createMemorySink();
    const instance = setUp(sink);
    const run = runAt("x");
    await instance.open(run);
    await instance.write([row]);
    await instance.event?.([event]);
    expect(kept.outcome).to.equal(undefined);
    await instance.close(finished);
    expect({ ...kept }).to.deep.equal({ run, rows: [row], events: [event], outcome: finished });
  });

  it("keeps arrays as they were when they were written", async () => {
    const { sink, memory: kept } = createMemorySink();
    const instance = setUp(sink);
    await instance.open(runAt("x"));
    const data = Float32Array.of(1);
    await instance.write([{ ...row, arrays: { v: { shape: [1], data } } }]);
    data[0] = 2;
    expect(kept.rows[0]?.arrays.v?.data[0]).to.equal(1);
  });

  it("shares nothing between two sinks, and forgets the last run when the next one opens", async () => {
    const [one, two] = [createMemorySink(), createMemorySink()];
    const first = setUp(one.sink);
    await first.open(runAt("x"));
    await first.write([row]);
    await setUp(two.sink).open(runAt("y"));
    expect([one.memory.rows.length, two.memory.rows.length]).to.deep.equal([1, 0]);
    await setUp(one.sink).open(runAt("z"));
    expect([one.memory.rows.length, one.memory.run?.dir]).to.deep.equal([0, "z"]);
  });

  it("lies behind the built-in sink `memory`", async () => {
    const instance = setUp(memory);
    await instance.open(runAt("built-in"));
    await instance.write([row]);
    expect(memoryOfLastRun.rows).to.deep.equal([row]);
    expect(memoryOfLastRun.run?.dir).to.equal("built-in");
  });
});
