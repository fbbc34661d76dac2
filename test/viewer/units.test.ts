import { expect } from "chai";
import { writeRunFile } from "../../core/record/run-file.ts";
import { openRecord } from "../../core/record/writer.ts";
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
        },
      })),
    );
    record.close();
    writeRunFile(dir(), syntheticRunFile("a", { layers: 2, neurons: 5 }));
    const at = { source: "a", step: 2, tokens: 1, time: 1 };
    const death = { ...at, kind: "death", data: { layer: 1, unit: 0 } };
    const others = { ...at, kind: "silent", data: { layer: 1, units: [2] } };
    const elsewhere = { ...at, kind: "death", data: { layer: 0, unit: 3 } };
    const found = await unitRecord(dir(), [death, others, elsewhere], 1, 0);
    expect(found.peers, "unit 2 is nearer, but something happened to it").to.deep.equal([3, 4, 1]);
    expect(Object.keys(found.series)).to.deep.equal(["a/frequency"]);
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
});
