import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { saveCheckpoint } from "../../../core/checkpoint/checkpoint.ts";
import { discardCheckpointsAfter, latestCheckpoint, pruneCheckpoints } from "../../../core/checkpoint/folder.ts";
import { dyingDisk } from "../../helpers/faulty-disk.ts";
import { useTempDir } from "../../helpers/temp.ts";

function save(dir: string, ...steps: number[]): void {
  for (const step of steps) {
    const state = { w: { shape: [1], data: Float32Array.of(step) } };
    saveCheckpoint(dir, {
      step,
      tokens: 0,
      seq: step,
      state,
      analyzers: {},
      cursor: { epoch: 0, position: 0 },
      config: {},
    });
  }
}
const names = (dir: string) => readdirSync(join(dir, "checkpoints")).sort();
const damage = (dir: string, step: string) => truncateSync(join(dir, "checkpoints", step, "state.safetensors"), 3);

describe("latestCheckpoint", () => {
  const dir = useTempDir();

  it("finds none where there is none", () => {
    expect(latestCheckpoint(dir())).to.deep.equal({ skipped: [] });
  });

  it("orders by step, not by name", () => {
    save(dir(), 999_999, 1_000_000, 5);
    expect(latestCheckpoint(dir()).latest?.step).to.equal(1_000_000);
  });

  it("passes over what is damaged and says what", () => {
    save(dir(), 1, 2, 3);
    damage(dir(), "step-000003");
    rmSync(join(dir(), "checkpoints", "step-000002", "checkpoint.json"));
    const { latest, skipped } = latestCheckpoint(dir());
    expect(latest?.step).to.equal(1);
    expect(skipped.map(({ path }) => basename(path))).to.deep.equal(["step-000003", "step-000002"]);
    expect(skipped[0]?.reason).to.contain("state.safetensors is damaged");
  });

  it("passes over what is unfinished or no checkpoint without a word", () => {
    save(dir(), 1);
    mkdirSync(join(dir(), "checkpoints", "step-000002.partial-ab12"));
    mkdirSync(join(dir(), "checkpoints", "step-x"));
    writeFileSync(join(dir(), "checkpoints", "notes.txt"), "");
    expect(latestCheckpoint(dir())).to.deep.equal({
      latest: { step: 1, path: join(dir(), "checkpoints", "step-000001") },
      arrays: {},
      skipped: [],
    });
  });
});

describe("pruneCheckpoints", () => {
  const dir = useTempDir();

  it("keeps the newest, the multiples, and steps that were asked for", () => {
    save(dir(), 100, 150, 200, 250, 300);
    expect(pruneCheckpoints(dir(), { keep_last: 2, keep_every: 100, at: [150] })).to.deep.equal([]);
    expect(pruneCheckpoints(dir(), { keep_last: 2, keep_every: 100 })).to.deep.equal([150]);
    expect(pruneCheckpoints(dir(), { keep_last: 1, keep_every: 0 })).to.deep.equal([250, 200, 100]);
    expect(names(dir())).to.deep.equal(["step-000300"]);
  });

  it("never removes the newest good one, however old it is", () => {
    save(dir(), 1, 2, 3, 4);
    damage(dir(), "step-000003");
    damage(dir(), "step-000004");
    expect(pruneCheckpoints(dir(), { keep_last: 1, keep_every: 0 })).to.deep.equal([3, 1]);
    expect(latestCheckpoint(dir()).latest?.step).to.equal(2);
  });

  it("takes one that has just been saved for the newest good one", () => {
    save(dir(), 1, 2, 3);
    const saved = join(dir(), "checkpoints", "step-000003");
    expect(pruneCheckpoints(dir(), { keep_last: 1, keep_every: 0, saved })).to.deep.equal([2, 1]);
    expect(names(dir())).to.deep.equal(["step-000003"]);
  });

  it("clears what interrupted saves left over", () => {
    save(dir(), 1);
    mkdirSync(join(dir(), "checkpoints", "step-000002.partial-ab12"));
    pruneCheckpoints(dir(), { keep_last: 1, keep_every: 0 });
    expect(names(dir())).to.deep.equal(["step-000001"]);
  });

  it("leaves no half-removed checkpoint when it is killed between any two operations", () => {
    for (let at = 0; at < 9; at++) {
      save(dir(), 1, 2, 3);
      try {
        pruneCheckpoints(dir(), { keep_last: 1, keep_every: 0 }, dyingDisk(at));
      } catch {}
      const { latest, skipped } = latestCheckpoint(dir());
      expect(latest?.step).to.equal(3);
      expect(skipped).to.deep.equal([]);
    }
  });
});

describe("discardCheckpointsAfter", () => {
  const dir = useTempDir();
  it("removes the later ones, damaged or not", () => {
    save(dir(), 1, 2, 3, 4);
    damage(dir(), "step-000003");
    discardCheckpointsAfter(dir(), 2);
    expect(names(dir())).to.deep.equal(["step-000001", "step-000002"]);
  });
});
