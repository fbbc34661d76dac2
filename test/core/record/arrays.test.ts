import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Arrays } from "../../../core/arrays/ndarray.ts";
import { encodeSafetensors } from "../../../core/arrays/safetensors.ts";
import { openArrays, openArraysWriter } from "../../../core/record/arrays.ts";
import { encodeFrame, largestFrame } from "../../../core/record/frames.ts";
import { summed } from "../../../core/record/lines.ts";
import { changedDisk, refusal } from "../../helpers/faulty-disk.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const fixture = fileURLToPath(new URL("../../fixtures/run-0.1.0", import.meta.url));

describe("arrays/", () => {
  const dir = useTempDir();
  const states = () => join(dir(), "arrays", "a.state.arrays");
  const at = (step: number): Arrays => ({
    "a/state/layer_0": { shape: [3], data: Uint8Array.of(step, 1, 2) },
    "a/state/layer_1": { shape: [3], data: Uint8Array.of(step, 3, 4) },
    ...(step % 2 === 0 && { "a/silent": { shape: [2], data: Uint32Array.of(step, 2 ** 31) } }),
  });
  const layersAt = (step: number) =>
    Object.fromEntries(Object.entries(at(step)).filter(([key]) => key.startsWith("a/state")));
  const written = (...steps: number[]) => {
    const writer = openArraysWriter(dir());
    for (const step of steps) writer.write(step, at(step));
    writeFileSync(join(dir(), "rows.jsonl"), '{"seq":98,"step":99,"tokens":99,"time":1,"metrics":{}}\n');
    return writer;
  };

  it("has one file a quantity, which grows, and gives back each step", () => {
    written(1, 2, 3);
    expect(readdirSync(join(dir(), "arrays"))).to.deep.equal(["a.silent.arrays", "a.state.arrays"]);
    const stored = openArrays(dir());
    expect(stored.steps).to.deep.equal([1, 2, 3]);
    for (const step of stored.steps) expect(stored.read(step)).to.deep.equal(at(step));
    expect(openArrays(dir(), (quantity) => quantity === "a/silent").steps).to.deep.equal([2]);
    expect(thrownBy(() => stored.read(4)).code).to.equal("run.io");
  });

  it("goes on behind the last whole frame, wherever a kill tore the next one", () => {
    written(1, 2);
    const whole = readFileSync(states());
    written(3);
    const next = readFileSync(states()).subarray(whole.length);
    for (let cut = 0; cut < next.length; cut++) {
      writeFileSync(states(), Buffer.concat([whole, next.subarray(0, cut)]));
      expect(openArrays(dir()).damage, `cut at ${cut}`).to.deep.equal([]);
      openArraysWriter(dir()).write(3, at(3));
      expect(readFileSync(states()), `cut at ${cut}`).to.deep.equal(Buffer.concat([whole, next]));
    }
  });

  it("cuts to the step that a resume goes on from, exactly, and takes the later of two frames of a step", () => {
    written(1, 2);
    const two = [states(), states().replace("state", "silent")].map((path) => readFileSync(path));
    const writer = written(3, 4);
    writer.removeFrom(3);
    expect([states(), states().replace("state", "silent")].map((path) => readFileSync(path))).to.deep.equal(two);
    const other = { "a/state/layer_0": { shape: [1], data: Uint8Array.of(9) } };
    writer.write(3, at(3));
    writer.write(2, other);
    const stored = openArrays(dir());
    expect(stored.steps).to.deep.equal([1, 2]);
    expect(stored.read(2)["a/state/layer_0"]).to.deep.equal(other["a/state/layer_0"]);
  });

  it("tells every changed byte, and loses no more than the frame that it is in", () => {
    written(1, 2, 3, 4);
    const whole = readFileSync(states());
    for (let k = 0; k < whole.length; k++) {
      const bytes = Buffer.from(whole);
      bytes[k]! ^= 1 << (k % 8);
      writeFileSync(states(), bytes);
      const stored = openArrays(dir(), (quantity) => quantity === "a/state");
      let [good, refused] = [0, 0];
      for (const step of stored.steps) {
        try {
          expect(stored.read(step), `byte ${k}`).to.deep.equal(layersAt(step));
          good++;
        } catch (thrown) {
          if ((thrown as { code?: string }).code !== "run.damaged") throw thrown;
          refused++;
        }
      }
      expect(good + refused + stored.damage.length, `byte ${k}`).to.equal(4); // a sum in other letters is the same sum
      expect(good, `byte ${k}`).to.be.at.least(3);
      openArraysWriter(dir()).write(5, at(5));
      expect(openArrays(dir()).steps.at(-1), `byte ${k}`).to.equal(5);
    }
  });

  it("takes back what found no room, now or with the next step", () => {
    const writer = written(1);
    const before = readFileSync(states());
    const full = changedDisk({
      writeSync: ((file: number, bytes: Uint8Array, from: number) => {
        appendFileSync(file, bytes.subarray(from, from + 40));
        throw refusal("ENOSPC");
      }) as never,
    });
    expect(thrownBy(() => openArraysWriter(dir(), full).write(2, at(2))).code).to.equal("run.io");
    expect(openArrays(dir()).steps).to.deep.equal([1]);
    writer.write(3, at(3));
    expect(openArrays(dir()).steps).to.deep.equal([1, 3]);
    expect(readFileSync(states()).subarray(0, before.length)).to.deep.equal(before);
    expect(openArrays(dir()).damage).to.deep.equal([]);
  });

  it("leaves hostile files where they are, each by itself", () => {
    written(1, 2);
    const outside = join(dir(), "outside");
    writeFileSync(outside, "secret");
    mkdirSync(join(dir(), "run", "arrays"), { recursive: true });
    const run = join(dir(), "run");
    cpSync(join(dir(), "rows.jsonl"), join(run, "rows.jsonl"));
    cpSync(states(), join(run, "arrays", "a.good.arrays"));
    symlinkSync(outside, join(run, "arrays", "a.linked.arrays"));
    mkdirSync(join(run, "arrays", "a.folder.arrays"));
    const head = '{"step":1,"bytes":999999999,"sum":"00000000","crc":"00000000"}\n';
    writeFileSync(join(run, "arrays", "a.huge.arrays"), head.repeat(50));
    writeFileSync(join(run, "arrays", "a.noise.arrays"), Buffer.alloc(300_000, 0x7b));
    const stored = openArrays(run);
    expect(stored.steps).to.deep.equal([1, 2]);
    expect(Object.keys(stored.read(1))).to.deep.equal(["a/state/layer_0", "a/state/layer_1"]);
    expect(stored.damage).to.have.lengthOf(4);
    expect(thrownBy(() => openArraysWriter(run).write(3, { "a/linked": at(2)["a/silent"]! })).code).to.equal(
      "run.damaged",
    );
    expect(readFileSync(outside, "utf8")).to.equal("secret");
    openArraysWriter(dir()).write(3, { "../../A/x": at(2)["a/silent"]! });
    expect(readdirSync(join(dir(), "arrays"))).to.include("........x.arrays");
  });

  it("searches little of a file that claims to be large, and never holds it", () => {
    written(1, 2);
    truncateSync(states(), 10 * 2 ** 30);
    const large = join(dir(), "arrays", "a.large.arrays");
    writeFileSync(large, encodeFrame(1, new Uint8Array()));
    const line = `{"step":2,"bytes":${largestFrame + 1},"sum":"00000000"}`;
    appendFileSync(large, summed(line));
    truncateSync(large, 10 * 2 ** 30);
    const before = process.resourceUsage().maxRSS;
    const stored = openArrays(dir(), (quantity) => quantity !== "a/silent");
    expect(stored.damage).to.deep.equal([
      "arrays/a.large.arrays: damaged in one place.",
      "arrays/a.state.arrays: damaged in one place.",
    ]);
    expect(stored.steps).to.deep.equal([1, 2]);
    const { message } = thrownBy(() => stored.read(2));
    expect(message).to.match(/a\.large\.arrays.*step 2: larger than 256 MiB/);
    expect(openArrays(dir(), (quantity) => quantity === "a/state").read(2)).to.deep.equal(layersAt(2));
    expect(process.resourceUsage().maxRSS - before).to.be.below(100 * 1024); // KiB
  });

  it("reads the files of runs before format 2, and goes on behind them", () => {
    cpSync(fixture, dir(), { recursive: true });
    const old = openArrays(dir());
    expect(old.steps).to.deep.equal([1, 20]);
    expect(Object.keys(old.read(20))).to.include("token_sparsity/rank_frequency/layer_0");
    const writer = openArraysWriter(dir());
    writer.removeFrom(15);
    writer.write(15, at(15));
    const stored = openArrays(dir());
    expect(stored.steps).to.deep.equal([1, 15]);
    expect(stored.read(15)).to.deep.equal(at(15));
    const single = join(dir(), "arrays", "step-000001.safetensors");
    writeFileSync(single, readFileSync(single).subarray(0, statSync(single).size - 1));
    expect(thrownBy(() => openArrays(dir()).read(1)).code).to.equal("run.damaged");
    writeFileSync(single, encodeSafetensors(at(1), { step: "1", sha256: "0".repeat(64) }));
    expect(thrownBy(() => openArrays(dir()).read(1)).message).to.include("SHA-256");
  });
});
