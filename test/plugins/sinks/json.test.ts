import { readdirSync } from "node:fs";
import { expect } from "chai";
import type { Run } from "../../../core/contract/run.ts";
import type { SinkInstance } from "../../../core/contract/sink.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { json } from "../../../plugins/sinks/json.ts";
import { testHost } from "../../helpers/sink-host.ts";
import { useTempDir } from "../../helpers/temp.ts";

const moment = { step: 1, tokens: 32, time: 5 };
const row = { seq: 0, ...moment, metrics: { a: 0.5 }, arrays: { v: { shape: [1], data: Float32Array.of(7) } } };
const event = { ...moment, source: "run", kind: "warning", data: { list: [1] } };
const runAt = (dir: string) => ({ dir, charts: [] }) as unknown as Run;
const finished = { ...moment, state: "finished" } as const;
const setUp = (sink: typeof json): SinkInstance => sink.setup(sink.options.parse({}) as never, testHost());

describe("json", () => {
  const dir = useTempDir();

  it("has rows and events on disk when write returns, and returns no promise", async () => {
    const sink = setUp(json);
    sink.open(runAt(dir()));
    expect(sink.write([row])).to.equal(undefined);
    expect(sink.event?.([event])).to.equal(undefined);
    expect((await readRows(dir())).rows.map(({ seq }) => seq)).to.deep.equal([0]);
    expect((await readEvents(dir())).events).to.deep.equal([event]);
    sink.close(finished);
    expect(readdirSync(dir()).sort()).to.deep.equal(["arrays", "charts.json", "events.jsonl", "rows.jsonl"]);
  });

  it("refuses to open where it cannot write", () => {
    expect(() => setUp(json).open(runAt(`${dir()}/not/there`))).to.throw("rows.jsonl");
  });
});
