import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { latestCheckpoint } from "../../core/checkpoint/folder.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { command, commandPath } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { comparableRows, onlyRun, tinyConfig, trainTiny, weightsHash, writeTiny } from "../helpers/tiny.ts";

const long = { train: { ...tinyConfig.train, steps: 3000 }, eval: { every: 0 }, checkpoint: { every: 0 } };

describe("experiment train", function () {
  this.timeout(60_000);
  const dir = useTempDir();

  it("prints a table of sparsity for each layer, losses, and where the run is; nothing but progress on stderr", async () => {
    writeTiny(dir(), { engine: "auto" });
    const { code, stdout, stderr } = await command(["train"], { cwd: dir() });
    expect(code, stderr).to.equal(0);
    const [titles, first, second] = stdout.split("\n");
    expect(titles).to.match(/^layer +use_token /);
    expect([first, second].map((line) => line?.trim().split(/ +/)[0])).to.deep.equal(["0", "1"]);
    expect(stdout).to.match(
      /held out [\d.]+ (± [\d.]+ )?nats per token \((standard error over documents|one document: no standard error)\)/,
    );
    expect(stdout).to.match(/finished at step 12: runs\/\d{8}-\d{6}-\w{4}\n/);
    for (const line of stderr.trimEnd().split("\n")) expect(line).to.match(/^(data: \d+ documents |run |step )/);
    expect(stdout + stderr, "no escape sequences in a pipe").to.not.include("\u001b");
  });

  it("prints JSON with --json", async () => {
    const never = join(dir(), "never.mjs");
    const spec =
      'sites: [], metrics: { value: "Never a number." }, setup: () => ({ probe: (_, { tf }) => ({ one: tf.scalar(1) }), analyze: () => ({ value: NaN }) })';
    writeFileSync(
      never,
      `import { defineAnalyzer, z } from "reluscope";
       export const never = defineAnalyzer({ name: "never", summary: "", options: z.strictObject({}), ${spec} });`,
    );
    writeTiny(dir(), {
      analyzers: { "./never.mjs": {} },
      sinks: { json: {}, console: { every: 1, metrics: ["never"] } },
    });
    const { stdout, stderr } = await command(["train", "--json", "--steps", "3"], { cwd: dir() });
    const result = JSON.parse(stdout); // the console sink must not write between
    expect(stderr).to.include("never/value NaN");
    expect(result.outcome).to.include({ state: "finished", step: 3 });
    expect(result.last["never/value"]).to.equal("NaN");
    expect(result.dir).to.equal(onlyRun(dir()));
  });

  for (const [signal, engine] of [
    ["SIGINT", "auto"],
    ["SIGTERM", "wasm"],
  ] as const) {
    it(`finishes the step, saves, and exits with 130 on ${signal}; resume goes on as if nothing had been`, async () => {
      const changes = { ...long, engine, train: { ...long.train, steps: 100 } };
      writeTiny(dir(), changes);
      const { code, stdout, stderr } = await command(["train"], {
        cwd: dir(),
        started: (child) => child.stderr?.once("data", () => child.kill(signal)),
      });
      expect(code, stderr).to.equal(130);
      expect(stderr).to.include(`${signal}: finishing the step and saving a checkpoint; once more to leave at once.`);
      const run = readRun(onlyRun(dir()));
      const step = run.run.attempts[0]!.outcome!.step;
      expect(run.state).to.equal("interrupted");
      expect(stdout).to.include(`interrupted at step ${step}`).and.to.include(`experiment resume ${run.run.id}`);
      expect(latestCheckpoint(run.dir).latest?.step).to.equal(step);

      const resumed = await command(["resume", "latest"], { cwd: dir() });
      expect(resumed.code, resumed.stderr).to.equal(0);
      const whole = await trainTiny(join(dir(), "whole"), { changes });
      expect(await comparableRows(run.dir)).to.deep.equal(await comparableRows(whole.dir));
      expect(weightsHash(run.dir)).to.equal(weightsHash(whole.dir));
    });
  }

  it("exits at once on a second signal, and can be resumed from what was saved before", async () => {
    // A sink that never finishes closing holds the first stop up for ever.
    writeFileSync(
      join(dir(), "stuck.mjs"),
      `import { defineSink } from ${JSON.stringify(new URL("../../dist/core/index.js", import.meta.url).href)};
       import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
       const never = new Promise(() => setInterval(() => {}, 1000));
       export const stuck = defineSink({ name: "stuck", summary: "s", options: z.strictObject({}),
         setup: () => ({ open() {}, write() {}, close: () => { console.log("closing"); return never; } }) });`,
    );
    writeTiny(dir(), { ...long, sinks: { json: {}, "./stuck.mjs": {} } });
    const { code } = await command(["train"], {
      cwd: dir(),
      started: (child) => {
        child.stderr?.once("data", () => child.kill("SIGINT"));
        child.stdout?.once("data", () => child.kill("SIGTERM"));
      },
    });
    expect(code).to.equal(130);
    const run = readRun(onlyRun(dir()));
    expect(run.state).to.equal("killed");
    expect(latestCheckpoint(run.dir).latest).to.not.equal(undefined);
  });

  it("exits with 1 when the loss is not finite, and says at which step", async () => {
    writeTiny(dir());
    const { code, stderr } = await command(["train", "--lr", "1e4"], { cwd: dir() });
    expect(code).to.equal(1);
    expect(stderr.trimEnd().split("\n").at(-1)).to.match(/^experiment: step \d+: the loss is NaN .* checkpoint step-/);
  });

  it("goes on when nobody reads its output any more", async () => {
    writeTiny(dir());
    const child = spawn(process.execPath, [commandPath, "train"], { cwd: dir(), stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    child.stderr.destroy();
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect(code).to.equal(0);
    expect(readRun(onlyRun(dir())).state).to.equal("finished");
  });

  it("exits with 2 for a faulty config before it makes anything", async () => {
    writeTiny(dir());
    const { code, stderr } = await command(["train", "--set", "train.stepz=3"], { cwd: dir() });
    expect(code).to.equal(2);
    expect(stderr).to.match(/^experiment: --set: train: unknown key `stepz`\. Did you mean `steps`\?/);
    expect(readdirSync(dir())).to.not.include("runs");
  });

  it("does nothing evil for --set __proto__.x=1", async () => {
    writeTiny(dir());
    for (const key of ["__proto__.x", "constructor.prototype.x", "train.__proto__.x", "analyzers.__proto__.x"]) {
      const { code, stderr } = await command(["config", "--set", `${key}=1`], { cwd: dir() });
      expect(code, key).to.equal(2);
      expect(stderr, key).to.match(/^experiment: .*(__proto__|constructor)/);
    }
  });

  it("keeps a hostile name harmless, on disk and on the terminal", async () => {
    writeTiny(dir());
    const names = [
      "../../outside",
      `\u001b[2J\u001b]0;owned\u0007\r\nfake line\u202e`,
      "n".repeat(5000),
      "-rf",
      "a/b\\c:*?",
    ];
    for (const name of names) {
      const trained = await command(["train", "--steps", "3", `--name=${name}`], { cwd: dir() });
      if (trained.code === 2) continue; // refused is harmless too
      expect(trained.code, trained.stderr).to.equal(0);
      const { stdout } = await command(["list"], { cwd: dir() });
      for (const text of [trained.stdout, trained.stderr, stdout]) {
        expect(text).to.not.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        for (const line of text.split("\n")) expect(line.length).to.be.lessThan(400);
      }
    }
    for (const run of readdirSync(join(dir(), "runs"))) expect(run).to.match(/^\d{8}-\d{6}-\w{4}$/);
    expect(readdirSync(dir()).sort()).to.deep.equal([".experimentrc", "corpus", "runs"]);
  });

  it("colours only where it is wanted", async () => {
    writeTiny(dir());
    const forced = await command(["train", "--steps", "3"], { cwd: dir(), env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).to.include("\u001b[1m");
    const plain = await command(["train", "--steps", "3"], { cwd: dir(), env: { NO_COLOR: "1" } });
    expect(plain.stdout).to.not.include("\u001b");
  });

  it("never shows TensorFlow.js' banner, not for a plugin that makes tensors on its own either", async () => {
    writeFileSync(
      join(dir(), "early.mjs"),
      `import { defineAnalyzer } from ${JSON.stringify(new URL("../../dist/core/index.js", import.meta.url).href)};
       import * as tf from ${JSON.stringify(import.meta.resolve("@tensorflow/tfjs"))};
       import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
       export const early = defineAnalyzer({ name: "early", summary: "s", options: z.strictObject({}), sites: ["mlp_post"],
         metrics: { x: "x" }, setup: () => { const one = tf.tensor([1]); return {
           probe: ({ mlp_post }) => ({ x: mlp_post[0].sum() }), analyze: ({ x }) => ({ x: x.data[0] }) }; } });`,
    );
    writeTiny(dir(), { analyzers: { "./early.mjs": {} } });
    for (const engine of ["onnx", "wasm", "cpu"]) {
      const { code, stdout, stderr } = await command(["train", "--steps", "3", "--engine", engine], { cwd: dir() });
      expect(code, stderr).to.equal(0);
      expect(stdout + stderr).to.not.match(/Hi, looks like|tfjs-node/);
    }
  });

  it("says so when a file can grow no more, and nothing that was written is lost", async function () {
    if (process.platform === "win32") this.skip(); // un-skip: when Windows has a limit for file sizes
    writeTiny(dir(), { checkpoint: { every: 0 }, train: { ...tinyConfig.train, steps: 60 } });
    // Files may have 48 KiB: the ledger fills up, and the last checkpoint's weights do not fit.
    const { code, stderr } = await limited(48, ["train"], dir());
    expect(code).to.equal(1);
    expect(stderr, stderr).to.include("warning: sink json: write failed: ");
    expect(stderr).to.match(/warning: sink json: \d+ rows were lost\./);
    expect(stderr).to.match(/experiment: .*step-000060: cannot save the checkpoint: EFBIG/);
    const run = onlyRun(dir());
    const { rows, damage } = await readRows(run);
    expect(rows.length).to.be.within(3, 59);
    expect(damage).to.deep.equal({ lines: 0, torn: false });
    expect(readRun(run).state).to.equal("failed");

    const resumed = await command(["resume", "latest"], { cwd: dir() });
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(await comparableRows(run)).to.have.length(60);
  });

  it("leaves no run behind that could not write its first file", async function () {
    if (process.platform === "win32") this.skip(); // un-skip: when Windows has a limit for file sizes
    writeTiny(dir());
    const { code, stderr } = await limited(1, ["train"], dir());
    expect(code).to.equal(1);
    expect(stderr).to.match(/^experiment: .*run\.json: cannot write: EFBIG/m);
    expect(readdirSync(join(dir(), "runs"))).to.deep.equal([]);
  });
});

/** Runs the command where no file may grow beyond some KiB. */
async function limited(kib: number, args: readonly string[], cwd: string) {
  const script = `ulimit -f ${kib}; exec "$0" "$@"`;
  const child = spawn("bash", ["-c", script, process.execPath, commandPath, ...args], { cwd });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stderr };
}
