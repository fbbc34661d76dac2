import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readEvents } from "../../../core/record/reader.ts";
import { readRunFile } from "../../../core/record/run-file.ts";
import { type ResumeOptions, resumeRequest } from "../../../core/run/request.ts";
import { train } from "../../../core/run/train.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { lossesOf, trainTiny, weightsHash, withPlugins } from "../../helpers/tiny.ts";

/** The parts of run.json that say what a run was computed with. */
interface Means {
  engine: { name: string; device: string };
  versions: Record<string, string>;
}

describe("a run that goes on somewhere else", () => {
  const dir = useTempDir();

  /** Stopped at step 8 of 12, as if what it was computed with had been something else. */
  const stopped = async (engine: unknown, edit: (file: Means) => void = () => {}): Promise<string> => {
    const train = { steps: 12, until: 8, batch_size: 4, warmup_steps: 3, lr: 3e-3 };
    const { dir: run } = await trainTiny(dir(), { changes: { train, engine, analyzers: {} } });
    const file = JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as Means;
    edit(file);
    writeFileSync(join(run, "run.json"), JSON.stringify(file));
    return run;
  };
  const resume = async (options: ResumeOptions, warnings: string[] = []) => {
    const request = await resumeRequest(join(dir(), "runs"), "latest", withPlugins({}), options);
    return train(request, undefined, { warning: (message) => void warnings.push(message) });
  };
  const changes = async (run: string) =>
    (await readEvents(run)).events.filter(({ kind }) => kind === "environment-change").map(({ data }) => data.changes);

  it("is refused where `auto` means another engine now, and left as it was, until that one is asked for", async () => {
    const gpu = { name: "xla", device: "GPU, a card" };
    const run = await stopped("auto", (file) => void Object.assign(file, { engine: gpu }));
    const before = readFileSync(join(run, "run.json"), "utf8");
    const { code, message } = await rejectedBy(resume({ steps: 12 }));
    expect(code).to.equal("engine.changed");
    expect(message).to.match(/expected engine xla \(GPU, a card\).*got (onnx|wasm).*--set engine.name=(onnx|wasm)/);
    expect(readFileSync(join(run, "run.json"), "utf8")).to.equal(before);

    const warnings: string[] = [];
    const asked = { steps: 10, set: ["engine.name=wasm"] };
    await resume(asked, warnings);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^not as on record: engine xla -> wasm, device GPU, a card -> CPU/);
    expect(readRunFile(run).attempts.map(({ changed }) => changed?.[0])).to.deep.equal([
      undefined,
      { what: "engine", was: "xla", is: "wasm" },
    ]);
    const said: string[] = [];
    await resume({ steps: 12 }, said);
    expect(said).to.deep.equal([]); // once
    expect((await changes(run)).length).to.equal(1);
  });

  it("goes on with another version or device, which is said and on record with what was there before", async () => {
    const run = await stopped("wasm", (file) => {
      file.versions.reluscope = "0.1.9";
      file.engine.device = "CPU, 1 thread (another build)";
    });
    const warnings: string[] = [];
    await resume({ steps: 12 }, warnings);
    expect(warnings[0]).to.match(/device CPU \(another build\) -> CPU \(WebAssembly\), reluscope 0\.1\.9 -> \d/);
    const [recorded] = (await changes(run)) as { what: string; was: string; is: string }[][];
    expect(recorded!.map(({ what, was }) => [what, was])).to.deep.equal([
      ["device", "CPU (another build)"],
      ["reluscope", "0.1.9"],
    ]);
    expect(readRunFile(run).attempts[1]!.changed).to.deep.equal(recorded);
  });

  it("trains on from any engine to any other, its losses those of a run that stayed on one", async () => {
    const whole = await stopped("cpu");
    await resume({ steps: 12 });
    const stayed = await lossesOf(whole);
    const run = await stopped("cpu");
    for (const [steps, engine] of [
      [9, "wasm"],
      [10, "onnx"],
      [11, "cpu"],
      [12, "onnx"],
    ] as const)
      await resume({ steps, set: [`engine.name=${engine}`] });
    const engines = readRunFile(run).attempts.map(({ changed }) => changed?.find(({ what }) => what === "engine")?.is);
    expect(engines).to.deep.equal([undefined, "wasm", "onnx", "cpu", "onnx"]);
    const losses = await lossesOf(run);
    expect(losses).to.have.length(12);
    losses.forEach((loss, i) => {
      expect(loss, `step ${i + 1}`).to.be.closeTo(stayed[i]!, 1e-4);
    });
    expect(losses.slice(0, 8)).to.deep.equal(stayed.slice(0, 8));
  });

  it("gives the same weights with another number of threads, and has nothing to say of it", async () => {
    const whole = await stopped({ name: "onnx", threads: 1 });
    await resume({ steps: 12 });
    const expected = weightsHash(whole);
    for (const threads of [2, 3]) {
      const run = await stopped({ name: "onnx", threads: 1 });
      const warnings: string[] = [];
      await resume({ steps: 12, set: [`engine.threads=${threads}`] }, warnings);
      expect([weightsHash(run), warnings, await changes(run)]).to.deep.equal([expected, [], []]);
    }
  });
});
