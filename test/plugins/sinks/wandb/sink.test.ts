import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import type { Outcome } from "../../../../core/contract/run.ts";
import type { SinkInstance } from "../../../../core/contract/sink.ts";
import { json } from "../../../../plugins/sinks/json.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings, type Settings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { type TestHost, testHost } from "../../../helpers/sink-host.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { rejectedBy } from "../../../helpers/thrown.ts";
import { readHistory, readLog } from "../../../helpers/wandb-reader.ts";
import { expectedRows } from "../../../helpers/wandb-run.ts";

const key = "k".repeat(86);
const id = "20260102-030405-abcd";
type Options = Parameters<typeof optionsSchema.parse>[0] & object;

function ended(state: Outcome["state"], steps: number): Outcome {
  return { state, step: steps, tokens: steps * 16, time: runStart + steps * 1500 };
}

const plain = (name: string) => ({ key: name, description: "" });

describe("createWandbSink", () => {
  const dir = useTempDir();
  let host: TestHost;
  beforeEach(() => {
    host = testHost();
  });

  function settingsFor(options: Options, env: Record<string, string>): Settings {
    return resolveSettings(optionsSchema.parse(options), { env, cwd: dir(), home: dir(), readText: () => undefined });
  }
  function sinkWith(options: Options = {}, env: Record<string, string> = {}): SinkInstance {
    return createWandbSink(optionsSchema.parse(options), settingsFor(options, env), host);
  }
  const logOf = () => readPointer(dir())?.log ?? "";

  it("writes a run that `wandb sync` and `wandb leet` find, and says how to send it", async () => {
    const sink = sinkWith();
    await sink.open(testRun(dir()));
    for (let step = 1; step <= 5; step++) expect(sink.write([testRow(step)])).to.equal(undefined);
    await sink.close(ended("finished", 5));
    const log = logOf();
    expect(basename(log)).to.equal(`run-${id}.wandb`);
    expect(basename(dirname(log))).to.match(new RegExp(`^offline-run-\\d{8}_\\d{6}-${id}$`));
    expect(basename(dirname(dirname(log)))).to.equal("wandb");
    expect(readlinkSync(join(dirname(dirname(log)), "latest-run"))).to.equal(basename(dirname(log)));
    expect(
      readLog(log)
        .slice(0, 10)
        .some(({ run }) => run),
    ).to.equal(true);
    expect(readLog(log).at(-1)?.exit).to.deep.equal({ runtime: 7 });
    expect(host.said[0]).to.match(/^W&B: no API key, so the run is logged offline/);
    expect(host.said.at(-1))
      .to.include(`experiment sync ${id}`)
      .and.include(`wandb sync ${dirname(log)}`);
    expect(host.warned).to.deep.equal([]);
  });

  it("ends failed and interrupted runs with a code of their own", async () => {
    for (const [state, code] of [
      ["failed", 1],
      ["interrupted", 130],
    ] as const) {
      const sink = sinkWith({ mode: "offline" });
      mkdirSync(join(dir(), state));
      await sink.open(testRun(join(dir(), state)));
      await sink.close(ended(state, 0));
      expect(readLog(readPointer(join(dir(), state))?.log ?? "").at(-1)?.exit?.exit_code).to.equal(code);
    }
  });

  it("does nothing at all when disabled", async () => {
    const sink = sinkWith({ mode: "disabled" });
    await sink.open(testRun(dir()));
    await sink.write([testRow(1)]);
    sink.output?.({ stream: "stdout", time: 0, text: "x" });
    await sink.close(ended("finished", 1));
    expect(readdirSync(dir())).to.deep.equal([]);
    expect(host.said).to.deep.equal([]);
  });

  it("refuses a run with more keys than W&B can take, before anything is written", async () => {
    const metrics = Array.from({ length: 6000 }, (_, i) => ({ key: `s/m${i}`, description: "" }));
    const opening = async () => sinkWith().open(testRun(dir(), { metrics }));
    expect((await rejectedBy(opening())).code).to.equal("config.invalid");
    expect(readdirSync(dir())).to.deep.equal([]);
  });

  it("names the folder when it cannot write there, before the run starts", async () => {
    writeFileSync(join(dir(), "file"), "");
    const opening = async () => sinkWith({ dir: join(dir(), "file") }).open(testRun(dir()));
    const error = await rejectedBy(opening());
    expect([error.code, error.message.startsWith(`${join(dir(), "file")}: cannot write the W&B log`)]).to.deep.equal([
      "run.io",
      true,
    ]);
  });

  it("says so, and does not go on for ever, where no folder can be made", async function () {
    if (!existsSync("/proc/self")) this.skip(); // needs a file system that refuses folders as /proc does
    const error = await rejectedBy((async () => sinkWith({ dir: "/proc/none" }).open(testRun(dir())))());
    expect([error.code, error.message.startsWith("/proc/none: cannot write the W&B log")]).to.deep.equal([
      "run.io",
      true,
    ]);
  });

  it("keeps the key out of config, log and notices, and takes hostile names as text", async () => {
    const name = `</script>"; rm -rf / \u001b[31m ${"n".repeat(3000)}`;
    const config = JSON.parse(`{"note":"my key is ${key}","nested":[{"key":"${key}"}],"__proto__":{"x":1}}`) as object;
    const env = { WANDB_API_KEY: key };
    const sink = sinkWith({ mode: "offline" }, env);
    await sink.open(testRun(dir(), { name, config: { ...config } }));
    await sink.close(ended("finished", 0));
    expect(readFileSync(logOf(), "latin1")).to.not.include(key);
    expect(readLog(logOf())[0]?.run?.display_name).to.equal(name);
    expect(host.said.concat(host.warned).join()).to.not.include(key);
  });

  it("keeps console lines, system metrics and the model's shape", async () => {
    const sink = sinkWith({ mode: "offline", system_every: 0.001 });
    await sink.open(testRun(dir()));
    sink.output?.({ stream: "stderr", time: runStart, text: "careful" });
    await sink.write([{ ...testRow(1), time: Date.now() + 100 }]);
    await sink.close(ended("finished", 1));
    const records = readLog(logOf());
    expect(records.flatMap(({ output_raw }) => output_raw?.line ?? [])).to.deep.equal(["careful\n"]);
    const stats = records
      .flatMap(({ stats }) => stats?.item ?? [])
      .map(({ key, value_json }) => [key, Number(value_json)]);
    const found = Object.fromEntries(stats) as Record<string, number>;
    expect(found["proc.memory.rssMB"]).to.be.within(20, 100_000);
    expect(found.memory_percent).to.be.within(0, 100);
    const items = records[0]?.run?.config.update.map((item) => [item.key, JSON.parse(item.value_json)] as const) ?? [];
    expect(Object.fromEntries(items)).to.deep.include({ seed: 1, model_shape: testRun("/").model });
  });

  it("adds the declared charts that W&B's line preset holds, as a table of their rows", async () => {
    const encoding = { x: { field: "tokens" }, y: { field: "value" }, color: { field: "layer" } };
    const chart = { section: "s", id: "use", title: "Use", description: "", data: "scalars", only: ["use"] } as const;
    const charts = [
      { ...chart, spec: { mark: { type: "line", point: true }, encoding } },
      { ...chart, id: "band", spec: { layer: [{ mark: "area", encoding }] } },
      { ...chart, id: "rect", data: "arrays" as const, spec: { mark: "rect", encoding } },
    ];
    const sink = sinkWith({ mode: "offline" });
    await sink.open(testRun(dir(), { charts }));
    for (let step = 1; step <= 6000; step++) {
      await sink.write([
        { ...testRow(step), metrics: { "s/use/layer_0": step, "s/use/layer_1": Number.NaN, "s/used": 1 } },
      ]);
    }
    await sink.close(ended("finished", 6000));
    const records = readLog(logOf());
    const shown = records.flatMap(({ config }) => config?.update ?? []);
    expect(shown.map(({ nested_key }) => nested_key)).to.deep.equal([["_wandb", "visualize", "s/use"]]);
    const [file] = records.flatMap(({ files }) => files?.files ?? []);
    const table = JSON.parse(readFileSync(join(dirname(logOf()), "files", file?.path ?? ""), "utf8")) as {
      data: unknown[];
    };
    expect(table.data).to.have.length(6000);
    expect(table.data.at(-1)).to.deep.equal([96_000, 6000, "layer 0"]);
  });

  it("leaves out the histograms that would make a row too long for W&B, keeps every number, and warns once", async () => {
    const sink = sinkWith({ mode: "offline", bins: 512 });
    await sink.open(testRun(dir()));
    const data = Float64Array.from({ length: 2000 }, (_, i) => Math.sin(i));
    const arrays = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`s/a${i}`, { shape: [2000], data }]));
    for (const step of [1, 2]) await sink.write([{ ...testRow(step), arrays }]);
    await sink.close(ended("finished", 2));
    const [row] = readHistory(logOf());
    expect(JSON.stringify(row).length).to.be.within(3e6, 5e6);
    expect(row).to.include({ _step: 1, "a/b/layer_0": -1 });
    expect(host.warned).to.have.length(1);
    expect(host.warned[0]).to.include("Lower `bins`");
  });

  it("leaves out arrays of token ids, of which a histogram means nothing, and says so once", async () => {
    const sink = sinkWith({ mode: "offline" });
    const metrics = [{ key: "s/ids", description: "", tokens: ["s/share"] }, ...["s/share", "s/ids/of"].map(plain)];
    await sink.open(testRun(dir(), { metrics }));
    const array = { shape: [2, 2], data: Int32Array.of(5, 9, -1, 60_000) };
    const keys = ["s/ids", "s/ids/layer_0", "s/ids/layer_11", "s/ids/of", "s/ids/of/layer_0", "s/share/layer_0"];
    for (const step of [1, 2]) {
      await sink.write([{ ...testRow(step), arrays: Object.fromEntries(keys.map((name) => [name, array])) }]);
    }
    await sink.close(ended("finished", 2));
    for (const row of readHistory(logOf())) {
      expect(Object.keys(row).filter((name) => name.startsWith("s/"))).to.deep.equal(keys.slice(3));
    }
    expect(host.said.filter((line) => line.includes("token ids"))).to.deep.equal([
      "W&B: s/ids holds token ids, which make no histogram: it and its like are left out.",
    ]);
    expect(host.warned).to.deep.equal([]);
  });

  it("offers checkpoints as files when asked to", async () => {
    mkdirSync(join(dir(), "checkpoints", "step-000005"), { recursive: true });
    writeFileSync(join(dir(), "checkpoints", "step-000005", "model.safetensors"), "weights");
    const sink = sinkWith({ mode: "offline", checkpoints: true });
    await sink.open(testRun(dir()));
    await sink.close(ended("finished", 5));
    const name = "checkpoints/step-000005/model.safetensors";
    expect(readLog(logOf()).flatMap(({ files }) => files?.files.map(({ path }) => path) ?? [])).to.deep.equal([name]);
    expect(readFileSync(join(dirname(logOf()), "files", name), "utf8")).to.equal("weights");
  });

  it("goes on with the same log and W&B run after a resume, also from another folder and mode", async () => {
    const first = sinkWith({ mode: "offline" });
    await first.open(testRun(dir()));
    for (let step = 1; step <= 8; step++) await first.write([testRow(step)]);
    const log = logOf();
    const second = sinkWith({ mode: "offline", id: "another" });
    await second.open(testRun(dir(), { resumedFrom: 6 }));
    for (let step = 7; step <= 10; step++) await second.write([testRow(step)]);
    await second.close(ended("finished", 10));
    expect(logOf()).to.equal(log);
    expect(readLog(log).filter(({ run }) => run)).to.have.length(1);
    expect(readHistory(log)).to.deep.equal(expectedRows(10));
  });

  it("takes over from rows.jsonl what a loss of power took from the log before the checkpoint that a run resumes from", async () => {
    const record = json.setup(json.options.parse({}) as never, testHost());
    await record.open(testRun(dir()));
    const first = sinkWith({ mode: "offline" });
    await first.open(testRun(dir()));
    for (let step = 1; step <= 8; step++) {
      await record.write([testRow(step)]);
      if (step <= 3) await first.write([testRow(step)]);
    }
    const second = sinkWith({ mode: "offline" });
    await second.open(testRun(dir(), { resumedFrom: 6 }));
    for (let step = 7; step <= 10; step++) await second.write([testRow(step)]);
    await second.close(ended("finished", 10));
    expect(readHistory(logOf())).to.deep.equal(expectedRows(10));
    expect(host.warned).to.be.empty;

    const third = sinkWith({ mode: "offline" });
    await third.open(testRun(dir(), { resumedFrom: 12 }));
    expect(host.warned).to.deep.equal(["W&B: 2 rows before step 12 are neither in the log nor in rows.jsonl."]);
  });
});
