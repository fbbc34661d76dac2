import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as setTimeoutOf } from "node:timers/promises";
import { expect } from "chai";
import { createRandom } from "../../../../core/arrays/random.ts";
import { readRows } from "../../../../core/record/reader.ts";
import { network, type Transport } from "../../../../plugins/sinks/wandb/http/transport.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { bundled } from "../../../helpers/bundled.ts";
import { FakeWandb, type Fault } from "../../../helpers/fake-wandb.ts";
import { runStart } from "../../../helpers/rows.ts";
import { lenient } from "../../../helpers/wandb-reader.ts";

const key = "f".repeat(86);
const steps = 60;
/** The real network, with waits that are over at once. */
const hasty: Transport = { ...network, sleep: (ms) => network.sleep(Math.min(ms, 3)) };

describe("50 runs whose processes are really killed", () => {
  let folder = "";
  let program = "";
  let kills = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "reluscope-kill-"));
    const at = await bundled(join(folder, "bin"), {
      child: "test/helpers/wandb-child.ts",
      "live-process": "plugins/sinks/wandb/upload/live-process.ts",
    });
    program = at("child");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the child; killed once it has told of `rows` rows of its own, 0 being when its sinks are open. */
  async function part(
    url: string,
    args: readonly (string | number)[],
    mode: string,
    rows: number | undefined,
  ): Promise<boolean> {
    const env = { PATH: process.env.PATH, HOME: folder, WANDB_BASE_URL: url, WANDB_API_KEY: key, WANDB_MODE: mode };
    const child: ChildProcess = fork(program, args.map(String), {
      env,
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let told = -1;
    child.on("message", (message) => {
      if (typeof message === "number" && ++told === rows) child.kill("SIGKILL");
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on("exit", (...end) => resolve(end));
    });
    if (signal === null) expect(code).to.equal(0);
    return signal === null;
  }

  async function survives(seed: number): Promise<void> {
    const server = new FakeWandb();
    const url = await server.listen();
    const random = createRandom(seed, "kill");
    const dir = join(folder, String(seed));
    mkdirSync(dir);
    const harm = random.next() * 0.5;
    const id = "20260102-030405-abcd";
    let away = random.next() < 0.2; // for the whole run
    let tooEarly = false;
    server.fault = ({ operation, body }): Fault | undefined => {
      // Nobody may be told of a finished run that has not every row there.
      const ends = operation === "file_stream" && body.includes('"exitcode":0');
      tooEarly ||= ends && server.runs.get(id)?.history.filter(Boolean).length !== steps;
      if (away) return { kind: "reset", applied: false };
      if (random.next() > harm) return undefined;
      const kinds: Fault[] = [
        { kind: "status", status: 500, applied: true },
        { kind: "status", status: 429, retryAfter: "0.01" },
        { kind: "reset", applied: random.next() < 0.5 },
        { kind: "malformed" },
      ];
      return kinds[random.integer(4)];
    };
    const mode = random.next() < 0.5 ? "online" : "offline";
    const every = 1 + random.integer(20);
    const deaths = 1 + random.integer(2);
    let finished = false;
    for (let i = 0; i <= deaths && !finished; i++) {
      const lives = i === deaths && random.next() < 0.5;
      finished = await part(
        url,
        [dir, steps, every, 1 + random.integer(2), i],
        mode,
        lives ? undefined : random.integer(steps / 2),
      );
      if (!finished) kills += 1;
    }
    away = false;

    const settings = resolveSettings(
      { base_url: url },
      { env: { WANDB_API_KEY: key }, cwd: dir, home: dir, readText: () => undefined },
    );
    const run = { id, dir, state: finished ? "finished" : "killed" } as const;
    const options = optionsSchema.parse({});
    const host = { info() {}, warn() {}, progress() {} };
    let report = await syncRun(run, options, settings, host, hasty);
    for (let i = 0; i < 20 && report.state === "partial"; i++)
      report = await syncRun(run, options, settings, host, hasty);
    expect(report.state, `seed ${seed}: ${report.message}`).to.not.equal("partial");

    const { rows } = await readRows(dir);
    const stored = rows.map(({ step, tokens, time, metrics }) => ({
      ...metrics,
      tokens,
      _step: step,
      _timestamp: time / 1000,
      _runtime: (time - runStart) / 1000,
    }));
    const found = server.run(id).history.map((line) => lenient(line ?? "null") as Record<string, unknown>);
    const real = found.filter((row) => Object.keys(row).some((name) => !name.startsWith("_")));
    expect(real, `seed ${seed}`).to.deep.equal(stored);
    expect(found.slice(0, real.length), `seed ${seed}: empty rows come last`).to.deep.equal(real);
    // One that was killed while it closed its sinks had done all its steps.
    const ends = finished ? [0] : rows.length === steps ? [0, 137] : [137];
    expect(server.run(id).exitcode, `seed ${seed}`).to.be.oneOf(ends);
    expect(tooEarly, `seed ${seed}: reported as finished before it was`).to.equal(false);
    expect(readFileSync(readPointer(dir)?.log ?? "").includes(key)).to.equal(false);
    await server.close();
  }

  for (let block = 0; block < 50; block += 10) {
    it(`are complete on the server after a sync, equal to rows.jsonl: seeds ${block} to ${block + 9}`, async () => {
      await Promise.all(Array.from({ length: 10 }, (_, i) => survives(block + i)));
    });
  }

  it("leave no streaming process behind", async function () {
    if (!existsSync("/proc/self/cmdline")) this.skip(); // needs Linux' /proc
    const left = () =>
      readdirSync("/proc").filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(folder, "bin", "live-process"));
        } catch {
          return false;
        }
      });
    for (const end = Date.now() + 5000; left().length > 0 && Date.now() < end; ) await setTimeoutOf(20);
    expect(left()).to.deep.equal([]);
  });

  it("had kills among them", () => {
    expect(kills).to.be.at.least(50);
  });
});
