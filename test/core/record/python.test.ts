import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { saveCheckpoint } from "../../../core/checkpoint/checkpoint.ts";
import { openRecord } from "../../../core/record/writer.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("the Python program in docs/run-format.md", () => {
  const dir = useTempDir();

  it("reads rows, arrays and a checkpoint that reluscope wrote", function () {
    const hasNumPy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
    if (!hasNumPy) this.skip(); // needs python3 with NumPy on the PATH

    const record = openRecord(dir());
    const row = (seq: number, loss: number) => {
      const metrics = { "train/loss": loss };
      const arrays = { "a/state/layer_0": { shape: [2, seq], data: new Uint32Array(2 * seq) } };
      record.writeRows([{ seq, step: seq + 1, tokens: 1, time: 1, metrics, arrays }]);
    };
    row(0, 3);
    row(1, Number.NaN);
    row(2, 2.5);
    row(1, 0.1);
    record.close();
    appendFileSync(`${dir()}/rows.jsonl`, 'garbage\n{"torn');
    appendFileSync(`${dir()}/arrays/a.state.arrays`, '{"step":9,"bytes":9,"sum":"00000000","crc":"00000000"}\nshort');
    saveCheckpoint(dir(), {
      step: 2,
      tokens: 2,
      seq: 2,
      state: {
        "embed.W_E": { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) },
        count: { shape: [], data: Int32Array.of(-7) },
        wide: { shape: [1], data: Float64Array.of(0.1) },
        bytes: { shape: [3], data: Uint8Array.of(1, 2, 255) },
      },
      analyzers: {},
      cursor: { epoch: 0, position: 0 },
      config: {},
    });
    const page = readFileSync(new URL("../../../docs/run-format.md", import.meta.url), "utf8");
    const program = /```python\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const { stdout, stderr } = spawnSync("python3", ["-c", program, dir()], { encoding: "utf8" });
    expect(stderr).to.equal("");
    expect(stdout.trim().split("\n")).to.deep.equal([
      "2 a/state/layer_0 (2, 1)",
      "1 3.0",
      "2 0.1",
      "embed.W_E float32 (2, 2) 10.5",
      "count int32 () -7.0",
      "wide float64 (1,) 0.1",
      "bytes uint8 (3,) 258.0",
    ]);
  });
});
