import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { lockState, takeLock } from "../../../core/record/lock.ts";
import { thisProcess } from "../../../core/record/process-identity.ts";
import { createRunDir, openRunDir } from "../../../core/record/run-dir.ts";
import { withAttempt, withOutcome, writeRunFile } from "../../../core/record/run-file.ts";
import { readRun } from "../../../core/record/runs.ts";
import { changedDisk, dyingDisk, refusal } from "../../helpers/faulty-disk.ts";
import { makeRun, runFileOf } from "../../helpers/run-file.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const now = Date.UTC(2026, 10, 23, 21, 55, 1);

const ended = spawnSync(process.execPath, ["-e", ""]).pid;

/** The lock of a process that has ended, of this machine. */
function deadLock(changes: object = {}): string {
  return JSON.stringify({ ...thisProcess(), pid: ended, since: now, nonce: "x", ...changes });
}

describe("createRunDir", () => {
  const root = useTempDir();

  it("names directories so that they sort by time", () => {
    const suffix = () => "k3f9";
    const first = createRunDir(root(), { now, suffix });
    const second = createRunDir(root(), { now: now + 1000, suffix });
    expect(first.id).to.equal("20261123-215501-k3f9");
    expect([second.id, first.id].sort()).to.deep.equal([first.id, second.id]);
    expect(first.path).to.equal(join(root(), first.id));
  });

  it("makes the folder of runs, and takes another suffix when one is taken", () => {
    const suffixes = ["aaaa", "aaaa", "bbbb"];
    const suffix = () => suffixes.shift()!;
    const deep = join(root(), "a", "b");
    expect([createRunDir(deep, { now, suffix }).id, createRunDir(deep, { now, suffix }).id]).to.deep.equal([
      "20261123-215501-aaaa",
      "20261123-215501-bbbb",
    ]);
  });

  it("keeps the run's name out of the path, however hostile it is", () => {
    for (const name of ["../x", "a\u0000b", "x".repeat(100_000), "/etc/passwd", "名前 \u202e", ""]) {
      const dir = createRunDir(root());
      dir.write(runFileOf({ id: dir.id, name }));
      dir.release();
      expect(readRun(dir.path).run.name).to.equal(name);
    }
    expect(readdirSync(root()).every((id) => /^\d{8}-\d{6}-[a-z0-9]{4}$/.test(id))).to.equal(true);
  });

  it("says what to do when the folder cannot be written to, a file stands in the way, or the disk is full", () => {
    const readOnly = changedDisk({ mkdirSync: refuses("EACCES") });
    const error = thrownBy(() => createRunDir(root(), { disk: readOnly }));
    expect(error.code).to.equal("run.io");
    expect(error.message).to.contain(root()).and.contain("write permission");

    writeFileSync(join(root(), "file"), "");
    expect(thrownBy(() => createRunDir(join(root(), "file", "runs"))).message).to.contain("not a folder");

    // Node's own recursive `mkdir` never comes back from there.
    if (existsSync("/proc/self")) expect(thrownBy(() => createRunDir("/proc/none/runs")).code).to.equal("run.io");

    const full = changedDisk({ writeSync: refuses("ENOSPC") });
    expect(thrownBy(() => createRunDir(root(), { disk: full })).message).to.contain("free some space");
    expect(readdirSync(root())).to.deep.equal(["file"]);
  });
});

function refuses(code: string): () => never {
  return () => {
    throw refusal(code);
  };
}

describe("openRunDir", () => {
  const root = useTempDir();

  it("refuses a directory that a live process holds, also this one", () => {
    const dir = createRunDir(root());
    dir.write(runFileOf({ id: dir.id }));
    const error = thrownBy(() => openRunDir(dir.path));
    expect(error.code).to.equal("run.inUse");
    expect(error.message).to.contain(`pid ${process.pid}`);
    dir.release();
    const again = openRunDir(dir.path);
    expect(again.run.id).to.equal(dir.id);
    again.dir.release();
    expect(existsSync(join(dir.path, "lock.json"))).to.equal(false);
  });

  it("tells a missing run from a damaged one, and gives the lock back", () => {
    expect(thrownBy(() => openRunDir(join(root(), "none"))).code).to.equal("run.notFound");
    const dir = makeRun(root());
    for (const text of ["", "{", "[]", "null", '{"format":1}']) {
      writeFileSync(join(dir, "run.json"), text);
      expect(thrownBy(() => openRunDir(dir)).code).to.equal("run.damaged");
      expect(lockState(dir)).to.equal("none");
    }
    writeFileSync(join(dir, "run.json"), JSON.stringify({ ...runFileOf(), format: 3 }));
    expect(thrownBy(() => openRunDir(dir)).message).to.contain("expected format 2 or older, got 3");
  });

  it("replaces run.json whole or not at all, wherever it is stopped", () => {
    const dir = makeRun(root(), { name: "old" });
    let stopped = 0;
    for (let done = false; !done; ) {
      try {
        writeRunFile(dir, runFileOf({ name: "new" }), dyingDisk(stopped));
        done = true;
      } catch {
        stopped++;
      }
      expect(done ? ["new"] : ["old", "new"]).to.include(readRun(dir).run.name);
    }
    expect(stopped).to.be.greaterThan(5);
  });
});

describe("takeLock", () => {
  const dir = useTempDir();
  const path = () => join(dir(), "lock.json");
  const left = () => readdirSync(dir());

  it("takes over from a process that has ended", () => {
    writeFileSync(path(), deadLock());
    expect(lockState(dir())).to.equal("gone");
    const lock = takeLock(dir(), now);
    expect(lockState(dir())).to.equal("live");
    expect(left()).to.deep.equal(["lock.json"]);
    lock.release();
    expect(left()).to.deep.equal([]);
  });

  it("takes over from a process that is dead and that its parent has not waited for", async function () {
    if (process.platform !== "linux") this.skip();
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec cat"], { stdio: ["pipe", "pipe", "ignore"] });
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    const fields = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    while (fields()[0] !== "Z") await new Promise(setImmediate);
    writeFileSync(path(), deadLock({ pid, started: fields()[19] }));
    expect(lockState(dir())).to.equal("gone");
    takeLock(dir(), now).release();
    parent.kill();
  });

  it("does not take a recycled pid for the process that had it", function () {
    if (thisProcess().started === undefined) this.skip(); // needs a system that tells when a process started
    writeFileSync(path(), JSON.stringify({ ...thisProcess(), started: "1", since: now, nonce: "x" }));
    expect(lockState(dir())).to.equal("gone");
    takeLock(dir(), now).release();
  });

  it("leaves a lock of another machine, or of a clone of this one, alone and says what to do", () => {
    for (const other of [{ machine: "another" }, { boot: "another" }]) {
      const text = deadLock(other);
      writeFileSync(path(), text);
      expect(lockState(dir())).to.equal("elsewhere");
      const error = thrownBy(() => takeLock(dir(), now));
      expect(error.code).to.equal("run.inUse");
      expect(error.message).to.contain("no signs of life").and.contain("--take-over");
      expect(readFileSync(path(), "utf8")).to.equal(text);
      expect(left()).to.deep.equal(["lock.json"]);
    }
  });

  it("takes over from an owner elsewhere that has been silent for two minutes, or at once when told to", () => {
    const text = deadLock({ machine: "another", beats: true });
    writeFileSync(path(), text);
    expect(lockState(dir())).to.equal("live");
    expect(thrownBy(() => takeLock(dir(), now)).message).to.match(/sign of life \d s ago; after 120 s of silence/);
    takeLock(dir(), now, { takeOver: true }).release();

    writeFileSync(path(), text);
    const before = Date.now() / 1000 - 130;
    utimesSync(path(), before, before);
    expect(lockState(dir())).to.equal("elsewhere");
    takeLock(dir(), now).release();
    expect(left()).to.deep.equal([]);
  });

  it("leaves a live process of this machine its lock, whatever it is told", () => {
    const lock = takeLock(dir(), now);
    expect(thrownBy(() => takeLock(dir(), now, { takeOver: true })).code).to.equal("run.inUse");
    lock.check();
    lock.release();
  });

  it("tells an owner that its lock was taken over or removed", () => {
    const lock = takeLock(dir(), now);
    writeFileSync(`${path()}.other`, deadLock({ machine: "another" }));
    renameSync(`${path()}.other`, path());
    expect(thrownBy(() => lock.check()).message).to.contain("has taken the run over");
    lock.release();
    expect(left()).to.deep.equal(["lock.json"]);
    rmSync(path());
    expect(thrownBy(() => lock.check()).code).to.equal("run.taken");
  });

  it("lets one in where the disk has no hard links, and waits for a lock that is being written", () => {
    const disk = changedDisk({ linkSync: refuses("ENOTSUP") });
    const lock = takeLock(dir(), now, { disk });
    expect(thrownBy(() => takeLock(dir(), now, { disk })).code).to.equal("run.inUse");
    const text = readFileSync(path(), "utf8");
    const writer = `const fs = require("node:fs");
      fs.writeFileSync(${JSON.stringify(path())}, "");
      console.log("empty");
      setTimeout(() => fs.writeFileSync(${JSON.stringify(path())}, ${JSON.stringify(text)}), 300);`;
    const slow = spawn(process.execPath, ["-e", writer], { stdio: ["ignore", "pipe", "inherit"] });
    return new Promise<void>((resolve, reject) => {
      slow.stdout.once("data", () => {
        try {
          expect(thrownBy(() => takeLock(dir(), now, { disk })).code).to.equal("run.inUse");
          lock.release();
        } catch (thrown) {
          reject(thrown);
        }
      });
      slow.once("exit", () => resolve());
    });
  });

  it("takes over from what is no lock at all", () => {
    for (const text of ["", "{", "null", "[]", '{"pid":-1,"machine":"x"}', '{"pid":1,"machine":"x","since":1e99}']) {
      writeFileSync(path(), text);
      utimesSync(path(), 1, 1); // what is new may be about to be written
      takeLock(dir(), now).release();
    }
  });

  it("takes over from a process that died while it took over", () => {
    for (let at = 0; ; at++) {
      writeFileSync(path(), deadLock());
      try {
        takeLock(dir(), now, { disk: dyingDisk(at) });
      } catch {
        for (const name of left()) if (isOurs(join(dir(), name))) writeFileSync(join(dir(), name), deadLock());
        takeLock(dir(), now).release();
        expect(left().filter((name) => !name.endsWith(".partial"))).to.deep.equal([]);
        continue;
      }
      break;
    }
  });

  it("never names the machine or the user", () => {
    const lock = takeLock(dir(), now);
    const { hostname, userInfo } = process.getBuiltinModule("node:os");
    const text = readFileSync(path(), "utf8");
    lock.release();
    expect(Object.keys(JSON.parse(text)).sort()).to.include.members(["machine", "nonce", "pid", "since"]);
    for (const word of [hostname(), userInfo().username]) expect(text).to.not.contain(`"${word}"`);
  });

  it("gives the directory to exactly one of several processes that find a dead lock", async () => {
    writeFileSync(path(), deadLock());
    const lock = JSON.stringify(new URL("../../../core/record/lock.ts", import.meta.url).href);
    const script = `import { takeLock } from ${lock};
      process.stdin.once("data", () => {
        try { takeLock(${JSON.stringify(dir())}, 0); console.log("taken"); } catch (e) { console.log(e.code); }
        process.stdin.once("data", () => process.exit());
      });
      console.log("ready");`;
    const args = ["--import", "tsx/esm", "--input-type=module", "-e", script];
    const processes = Array.from({ length: 4 }, () =>
      spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const words = processes.map(({ stdout }) => stdout.setEncoding("utf8")[Symbol.asyncIterator]());
    const next = () => Promise.all(words.map(async (word) => String((await word.next()).value).trim()));
    await next();
    for (const { stdin } of processes) stdin.write("go\n");
    const answers = await next();
    for (const { stdin } of processes) stdin.end("end\n");
    await Promise.all(processes.map((one) => new Promise((resolve) => one.once("exit", resolve))));
    expect(answers.sort()).to.deep.equal(["run.inUse", "run.inUse", "run.inUse", "taken"]);
  });
});

function isOurs(path: string): boolean {
  return readFileSync(path, "utf8").includes(`"pid":${process.pid},`);
}

describe("readRun", () => {
  const root = useTempDir();
  const at = { step: 5, tokens: 160, time: now };

  it("tells the truth about the state", () => {
    const fresh = runFileOf();
    const dir = makeRun(root());
    expect(readRun(dir).state).to.equal("killed");
    const { dir: open } = openRunDir(dir);
    expect(readRun(dir).state).to.equal("running");
    const failed = withOutcome(fresh, { state: "failed", ...at, reason: "no" });
    open.write(failed);
    expect(readRun(dir).state).to.equal("failed");
    open.write(withAttempt(failed, { startedAt: now, fromStep: 4 }));
    expect(readRun(dir).state).to.equal("running");
    writeFileSync(join(dir, "lock.json"), deadLock());
    expect(readRun(dir).state).to.equal("killed");
    writeFileSync(join(dir, "lock.json"), deadLock({ machine: "another" }));
    expect(readRun(dir).state).to.equal("lost");
    expect(basename(dir)).to.equal(fresh.id);
  });
});
