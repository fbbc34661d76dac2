import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Row } from "../../../core/contract/sink.ts";
import { openArrays } from "../../../core/record/arrays.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { openRecord } from "../../../core/record/writer.ts";
import { changedDisk, refusal } from "../../helpers/faulty-disk.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const rowAt = (step: number, arrays: Row["arrays"] = {}): Row => ({
  seq: step - 1,
  step,
  tokens: step * 32,
  time: 1000 + step,
  metrics: { "train/loss": 1 / step },
  arrays,
});
const vector = (...values: number[]) => ({
  "neuron_death/use/layer_0": { shape: [values.length], data: Float32Array.from(values) },
});

describe("openRecord", () => {
  const dir = useTempDir();

  it("has rows, events, arrays and charts in the directory when each call returns", async () => {
    const record = openRecord(dir());
    const charts = [{ section: "a", id: "b", title: "c", description: "d", data: "scalars", spec: {} }] as const;
    record.writeCharts(charts);
    record.writeRows([rowAt(1), rowAt(2, vector(0.5, Number.NaN))]);
    const event = { source: "run", kind: "warning", step: 2, tokens: 64, time: 3, data: { message: "m", loss: 2 } };
    record.writeEvents([event]);
    const { rows } = await readRows(dir());
    expect(rows).to.deep.equal([rowAt(1), rowAt(2)].map(({ arrays: _, ...row }) => row));
    expect((await readEvents(dir())).events).to.deep.equal([event]);
    expect(openArrays(dir()).steps).to.deep.equal([2]);
    expect(openArrays(dir()).read(2)).to.deep.equal(vector(0.5, Number.NaN));
    expect(JSON.parse(readFileSync(join(dir(), "charts.json"), "utf8"))).to.deep.equal(charts);
    record.close();
    expect(readdirSync(join(dir(), "arrays"))).to.deep.equal(["neuron_death.use.arrays"]);
  });

  it("writes NaN as the same bytes, whatever bits the computation left", async () => {
    const bits = Uint32Array.of(0xffc00001, 0x7fc00000, 0x3f800000);
    const record = openRecord(dir());
    const data = new Float32Array(bits.buffer);
    record.writeRows([rowAt(1, { "a/b": { shape: [3], data } })]);
    record.close();
    const read = openArrays(dir()).read(1)["a/b"]!.data as Float32Array;
    expect([...new Uint32Array(read.slice().buffer)]).to.deep.equal([0x7fc00000, 0x7fc00000, 0x3f800000]);
    expect([...new Uint32Array(data.buffer)], "the caller's array stays as it is").to.deep.equal([...bits]);
  });

  it("goes on after the last whole line of a record that was torn", async () => {
    const first = openRecord(dir());
    first.writeRows([rowAt(1), rowAt(2)]);
    first.close();
    writeFileSync(join(dir(), "rows.jsonl"), readFileSync(join(dir(), "rows.jsonl")).subarray(0, -5));
    const second = openRecord(dir());
    second.writeRows([rowAt(2), rowAt(3)]);
    second.close();
    const { rows, damage } = await readRows(dir());
    expect(rows.map(({ step }) => step)).to.deep.equal([1, 2, 3]);
    expect(damage).to.deep.equal({ lines: 0, torn: false });
  });

  it("drops the arrays that a resume supersedes with the first row it writes, not before", async () => {
    const first = openRecord(dir());
    for (const step of [2, 4, 6]) first.writeRows([rowAt(step, vector(step))]);
    first.close();
    const second = openRecord(dir());
    expect(openArrays(dir()).steps).to.deep.equal([2, 4, 6]);
    second.writeRows([rowAt(3)]);
    expect(openArrays(dir()).steps).to.deep.equal([2]);
    second.writeRows([rowAt(4, vector(40))]);
    second.close();
    expect(openArrays(dir()).steps).to.deep.equal([2, 4]);
    expect(openArrays(dir()).read(4)).to.deep.equal(vector(40));
  });

  it("writes the numbers even when the arrays find no room, and says so", async () => {
    const { openSync } = changedDisk({});
    const disk = changedDisk({
      openSync: ((path: string, flags: string) => {
        if (path.includes("arrays")) throw refusal("ENOSPC");
        return openSync(path, flags);
      }) as typeof openSync,
    });
    const record = openRecord(dir(), disk);
    const error = thrownBy(() => record.writeRows([rowAt(1, vector(1))]));
    expect(error.code).to.equal("run.io");
    expect(error.message).to.contain("neuron_death.use.arrays");
    expect(error).to.include({ lostRows: 0 });
    record.close();
    expect((await readRows(dir())).rows).to.have.length(1);
    expect(openArrays(dir()).steps).to.deep.equal([]);
  });

  it("loses no row that a write returned for when the process is killed", async () => {
    const script = `import { openRecord } from ${JSON.stringify(new URL("../../../core/record/writer.ts", import.meta.url).href)};
      import { writeSync } from "node:fs";
      const record = openRecord(${JSON.stringify(dir())});
      for (let seq = 0; ; seq++) {
        record.writeRows([{ seq, step: seq + 1, tokens: seq, time: seq, metrics: { "train/loss": 1 }, arrays: {} }]);
        try { writeSync(1, seq + "\\n"); } catch {} // the pipe may be full
      }`;
    const args = ["--import", "tsx/esm", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      said += text;
      if (said.length > 5000) child.kill("SIGKILL");
    }
    const last = Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
    const { rows, damage } = await readRows(dir());
    expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, i) => i));
    expect(rows.length).to.be.greaterThan(last);
    expect(damage.lines).to.equal(0);
  });
});
