import { expect } from "chai";
import { writeRunFile } from "../../core/record/run-file.ts";
import { writeVocabulary } from "../../core/record/vocabulary.ts";
import { openRecord } from "../../core/record/writer.ts";
import { tokenText } from "../../viewer/unit-tokens.ts";
import { unitRecord } from "../../viewer/units.ts";
import { syntheticRunFile } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("unitRecord", () => {
  const dir = useTempDir();

  it("holds a unit against those that were most like it at first and that nothing happened to", async () => {
    const frequencies = [
      [0.1, 0.9, 0.11, 0.12, 0.5],
      [0, 0.8, 0.2, 0.3, Number.NaN],
    ];
    const record = openRecord(dir());
    record.writeRows(
      frequencies.map((values, seq) => ({
        seq,
        step: seq + 1,
        tokens: 1,
        time: seq,
        metrics: {},
        arrays: {
          "a/frequency/layer_1": { shape: [5], data: Float32Array.from(values) },
          "a/histogram/layer_1": { shape: [3], data: Float32Array.of(1, 2, 3) },
          "a/curve/layer_1": { shape: [2, 5], data: new Float32Array(10) },
          "a/both/layer_1": { shape: [2, 5], data: Float32Array.of(...values, ...values) },
        },
      })),
    );
    record.close();
    const file = syntheticRunFile("a", { layers: 2, neurons: 5 });
    writeRunFile(dir(), { ...file, metrics: [{ key: "a/both", description: "Of each unit this and that." }] });
    const at = { source: "a", step: 2, tokens: 1, time: 1 };
    const death = { ...at, kind: "death", data: { layer: 1, unit: 0 } };
    const others = { ...at, kind: "silent", data: { layer: 1, units: [2] } };
    const elsewhere = { ...at, kind: "death", data: { layer: 0, unit: 3 } };
    const found = await unitRecord(dir(), [death, others, elsewhere], 1, 0);
    expect(found.peers, "unit 2 is nearer, but something happened to it").to.deep.equal([3, 4, 1]);
    expect(Object.keys(found.series), "a curve is not of units because it is as wide").to.have.members([
      "a/frequency",
      "a/both [0]",
      "a/both [1]",
    ]);
    expect(found.series["a/frequency"]?.map(({ step, value }) => [step, value])).to.deep.equal([
      [1, Math.fround(0.1)],
      [2, 0],
    ]);
    expect(found.series["a/frequency"]?.[0]?.peers.map((one) => one?.toFixed(2))).to.deep.equal([
      "0.12",
      "0.50",
      "0.90",
    ]);
    expect(found.events).to.deep.equal([death]);
    expect((await unitRecord(dir(), [], 1, 5)).series).to.deep.equal({});
  });

  it("tells the tokens it fires for at each look, with what is said of them; ids that stand for nothing stay ids", async () => {
    const record = openRecord(dir());
    const ids = [0, 1, 2, 7, -1, 3];
    const at = (step: number, width: number) => ({
      "a/ids/layer_0": {
        shape: [3, width],
        data: Int32Array.from({ length: 3 * width }, (_, i) => ids[i % 6]! + step - 1),
      },
      "a/share/layer_0": { shape: [3, width], data: Float32Array.from({ length: 3 * width }, (_, i) => i / 4) },
      "a/all/layer_0": { shape: [5], data: Float32Array.of(0.5, Number.NaN, 0, Number.NaN, 0) },
    });
    const none = { ...at(3, 4), "a/ids/layer_0": { shape: [3, 4], data: new Int32Array(12).fill(-1) } };
    record.writeRows(
      [at(1, 2), at(2, 2), none].map((arrays, seq) => ({
        seq,
        step: seq + 1,
        tokens: 1,
        time: 1,
        metrics: {},
        arrays,
      })),
    );
    record.close();
    writeVocabulary(dir(), ["\u202e<b>", [0xe2, 0x80], " the\n"]);
    const metrics = [
      { key: "a/ids", description: "", tokens: ["a/share", "a/all", "a/none"] },
      { key: "a/share", description: "" },
    ];
    writeRunFile(dir(), { ...syntheticRunFile("a", { layers: 1, neurons: 5 }), metrics });
    const unit = async (which: number) => unitRecord(dir(), [], 0, which);
    expect((await unit(1)).tokens).to.deep.equal([
      {
        key: "a/ids",
        columns: ["a/share", "a/all", "a/none"],
        looks: [
          {
            step: 1,
            rows: [
              { token: "bytes E2 80", values: [0.25, null, null] },
              { token: "id 7", values: [0.75, null, null] },
              { token: "id 3", values: [1.25, null, null] },
            ],
          },
          {
            step: 2,
            rows: [
              { token: "“ the\\n”", values: [0.25, null, null] },
              { token: "id 8", values: [0.75, null, null] },
              { token: "id 4", values: [1.25, null, null] },
            ],
          },
        ],
      },
    ]);
    const [first] = (await unit(0)).tokens;
    expect(first!.looks[0]!.rows).to.deep.equal([
      { token: "“\\u{202E}<b>”", values: [0, 0.5, null] },
      { token: "“ the\\n”", values: [0.5, 0.5, null] },
    ]);
    expect(Object.keys((await unit(0)).series), "ids are no course over steps").to.deep.equal(["a/all"]);
    expect((await unit(2)).tokens[0]!.looks, "a unit that fires at none").to.deep.equal([{ step: 3, rows: [] }]);
    for (const which of [3, 4]) expect((await unit(which)).tokens, "a unit that was not looked at").to.deep.equal([]);
  });
});

describe("tokenText", () => {
  it("shows every character of a token, and the id of what is none", () => {
    expect(tokenText("\u001b[31m\t\u00a0 x\u0301", 0)).to.equal("“\\u{1B}[31m\\t\\u{A0} x\u0301”");
    expect(tokenText("\u0301", 0)).to.equal("“\\u{301}”");
    expect(tokenText("\ud800", 0)).to.equal("“\\u{D800}”");
    expect(Array.from(tokenText("مر".repeat(1e6), 0)).length).to.equal(43);
    for (const odd of [undefined, null, {}, [], [256], [0.5], ["x"], Array(17).fill(1)])
      expect(tokenText(odd, 5)).to.equal("id 5");
  });
});
