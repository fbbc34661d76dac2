import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { findDebris, unbornRuns } from "../../../core/record/debris.ts";
import { takeLock } from "../../../core/record/lock.ts";
import { createRunDir, openRunDir } from "../../../core/record/run-dir.ts";
import { makeRun } from "../../helpers/run-file.ts";
import { useTempDir } from "../../helpers/temp.ts";

const debris = [
  "arrays/step-000005.safetensors.partial",
  "checkpoints/step-000004.partial-ab12",
  "checkpoints/step-000008.old-ab12.partial-removed",
  "lock.json.0123456789abcdef",
  "run.json.4711.partial",
  "wandb/run-1-a/run-a.wandb.rewrite",
];
const kept = [
  "wandb/run-1-a/run-a.wandb",
  "arrays/step-000004.safetensors",
  "checkpoints/step-000004/checkpoint.json",
  "files/mine.partial",
];

describe("debris in a run directory", () => {
  const root = useTempDir();
  const make = (dir: string, name: string) => {
    mkdirSync(join(dir, dirname(name)), { recursive: true });
    writeFileSync(join(dir, name), "x");
  };

  it("is found, and removed by the next who holds the lock; all else stays", () => {
    const dir = makeRun(root());
    for (const name of [...debris, ...kept]) make(dir, name);
    expect(findDebris(dir)).to.deep.equal(debris);
    openRunDir(dir).dir.release();
    expect(findDebris(dir)).to.deep.equal([]);
    for (const name of kept) expect(existsSync(join(dir, name)), name).to.equal(true);
  });

  it("is not looked for behind a link: that may lead out of the directory", () => {
    const dir = makeRun(root());
    const elsewhere = join(root(), "elsewhere");
    make(elsewhere, "run-1-a/run-a.wandb.rewrite");
    symlinkSync(elsewhere, join(dir, "wandb"));
    for (const folder of ["arrays", "checkpoints"]) {
      make(elsewhere, "step-000004.partial");
      symlinkSync(elsewhere, join(dir, folder));
    }
    expect(findDebris(dir)).to.deep.equal([]);
    takeLock(dir, Date.now()).release();
    expect(readdirSync(elsewhere).sort()).to.deep.equal(["run-1-a", "step-000004.partial"]);
  });

  it("stays while it may be the work of this moment: another's attempt at the lock, or at the labels", () => {
    const dir = makeRun(root());
    const others = [
      ...["labels.json.99.partial", "lock.json.abcd.partial"],
      ...["wandb.json.new", "wandb/run-1-a/run-a.sync.json.new", "wandb/run-1-a/run-a.wandb.synced.new"],
    ];
    for (const name of others) make(dir, name);
    takeLock(dir, Date.now()).release();
    expect(findDebris(dir)).to.deep.equal(others);
    const earlier = new Date(Date.now() - 120_000);
    for (const name of others) utimesSync(join(dir, name), earlier, earlier);
    takeLock(dir, Date.now()).release();
    expect(findDebris(dir)).to.deep.equal([]);
  });
});

describe("a directory whose run never began", () => {
  const root = useTempDir();
  const at = (name: string, minutesAgo: number, ...files: string[]) => {
    const dir = join(root(), name);
    const time = new Date(Date.now() - minutesAgo * 60_000);
    for (const file of files) {
      mkdirSync(join(dir, dirname(file)), { recursive: true });
      writeFileSync(join(dir, file), "x");
      utimesSync(join(dir, file), time, time);
    }
    utimesSync(dir, time, time);
    return dir;
  };

  it("is removed by the next start, unless it is new, live, a run, or holds anything else", () => {
    const dead = at("20260101-000000-dead", 20, "lock.json", "checkpoints/step-000004.partial-ab/state.safetensors");
    const young = at("20260101-000000-ynng", 1, "lock.json");
    const notes = at("20260101-000000-note", 20, "notes.txt");
    const other = at("results", 20, "lock.json");
    const live = at("20260101-000000-live", 20, "run.json.1.partial");
    const lock = takeLock(live, Date.now());
    const time = new Date(Date.now() - 20 * 60_000);
    utimesSync(live, time, time);
    expect(unbornRuns(root()).sort()).to.deep.equal([dead, live, young]);
    createRunDir(root()).release();
    for (const dir of [young, notes, other, live]) expect(existsSync(dir), dir).to.equal(true);
    expect(existsSync(dead)).to.equal(false);
    lock.release();
  });

  it("is removed whole by its own process when the start comes to nothing", () => {
    const dir = createRunDir(root());
    mkdirSync(join(dir.path, "checkpoints"));
    dir.discard();
    expect(readdirSync(root())).to.deep.equal([]);
  });
});
