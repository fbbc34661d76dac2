import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Run } from "../../../core/contract/run.ts";
import type { SinkInstance } from "../../../core/contract/sink.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { readVocabulary } from "../../../core/record/vocabulary.ts";
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

  it("writes what token ids stand for with the first array of them, and goes on where it cannot", async () => {
    const host = testHost();
    const tokens = { ...runAt(dir()), metrics: [{ key: "a/ids", description: "", tokens: [] }] };
    const ids = (seq: number) => ({ ...row, seq, step: seq + 1, arrays: { "a/ids/layer_0": row.arrays.v } });
    const open = () => {
      const sink = json.setup({} as never, host);
      sink.open({ ...tokens, vocabulary: async () => ["a", [0xe2]] });
      return sink;
    };
    const sink = open();
    expect(sink.write([row])).to.equal(undefined);
    expect(readVocabulary(dir())).to.deep.equal([]);
    await sink.write([ids(1)]);
    expect(readVocabulary(dir())).to.deep.equal(["a", [0xe2]]);
    sink.close(finished);
    rmSync(join(dir(), "vocabulary.json"));
    mkdirSync(join(dir(), "vocabulary.json", "x"), { recursive: true });
    const again = open();
    await again.write([ids(2)]);
    again.close(finished);
    expect(host.warned).to.have.length(1);
    expect(host.warned[0]).to.match(/^vocabulary\.json: .*Continuing without the text of tokens\.$/);
    expect((await readRows(dir())).rows).to.have.length(3);
    expect(readVocabulary(dir())).to.deep.equal([]);
  });

  it("refuses to open where it cannot write", () => {
    expect(() => setUp(json).open(runAt(`${dir()}/not/there`))).to.throw("rows.jsonl");
  });
});
