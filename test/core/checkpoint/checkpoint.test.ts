import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from "../../../core/checkpoint/checkpoint.ts";
import { latestCheckpoint, listCheckpoints } from "../../../core/checkpoint/folder.ts";
import { openRecord } from "../../../core/record/writer.ts";
import { changedDisk, dyingDisk, refusal } from "../../helpers/faulty-disk.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const config = { name: "a", seed: 1, model: { d_mlp: 8 }, data: {}, train: { lr: 0.1, steps: 9 }, sinks: { json: {} } };

/** A checkpoint whose numbers all follow from its step and `salt`. */
function checkpointAt(step: number, salt = 0): Checkpoint {
  return {
    step,
    tokens: step * 32,
    seq: step,
    state: {
      "layer_0.w": { shape: [2, 2], data: Float32Array.of(step, 0.1, 1e-45, salt) },
      "adam.step": { shape: [], data: Int32Array.of(step) },
    },
    analyzers: {
      "neuron-death": { last: { shape: [3], data: Uint32Array.of(1, 2, 4294967295) } },
      "token-sparsity": { "a/b": { shape: [2], data: Float64Array.of(0.1 + 0.2, Number.NaN) } },
      stateless: {},
    },
    cursor: { epoch: 2, position: 17 },
    config,
  };
}

const { name: _name, sinks: _sinks, ...relevant } = config;
const loaded = (step: number, salt = 0) => ({ ...checkpointAt(step, salt), config: relevant });

describe("saveCheckpoint", () => {
  const dir = useTempDir();
  const folder = () => join(dir(), "checkpoints");

  it("gives everything back bit for bit", () => {
    const path = saveCheckpoint(dir(), checkpointAt(500));
    expect(path).to.equal(join(folder(), "step-000500"));
    expect(loadCheckpoint(path, config)).to.deep.equal(loaded(500));
    expect(readdirSync(folder())).to.deep.equal(["step-000500"]);
    expect(readdirSync(path).sort()).to.deep.equal(["analyzers.safetensors", "checkpoint.json", "state.safetensors"]);
  });

  it("leaves the one before or the new one whole, when it is killed between any two operations", () => {
    openRecord(dir()).close(); // so that the ledger is there to be synced
    saveCheckpoint(dir(), checkpointAt(1));
    let killed = 0;
    for (let at = 0; ; at++) {
      const disk = dyingDisk(at);
      try {
        saveCheckpoint(dir(), checkpointAt(2), disk);
        break;
      } catch {
        killed++;
      }
      const { latest, skipped } = latestCheckpoint(dir());
      expect(skipped, `killed at operation ${at}`).to.deep.equal([]);
      expect(loadCheckpoint(latest!.path)).to.deep.equal(loaded(latest!.step));
    }
    expect(killed).to.be.greaterThan(20);
    expect(latestCheckpoint(dir()).latest?.step).to.equal(2);
  });

  it("keeps a good checkpoint of the same step at every moment while it is replaced", () => {
    saveCheckpoint(dir(), checkpointAt(1, 7));
    for (let at = 0; ; at++) {
      let done = false;
      try {
        saveCheckpoint(dir(), checkpointAt(1, 8), dyingDisk(at));
        done = true;
      } catch {}
      const { latest, skipped } = latestCheckpoint(dir());
      expect(skipped).to.deep.equal([]);
      const found = loadCheckpoint(latest!.path);
      expect([loaded(1, 7), loaded(1, 8)], `killed at operation ${at}`).to.deep.include(found);
      if (done) break;
    }
    expect(loadCheckpoint(latestCheckpoint(dir()).latest!.path)).to.deep.equal(loaded(1, 8));
    expect(basename(latestCheckpoint(dir()).latest!.path)).to.equal("step-000001");
  });

  it("leaves nothing behind when the disk is full, and names the path and what to do", () => {
    const disk = changedDisk({
      writeSync: (() => {
        throw refusal("ENOSPC");
      }) as never,
    });
    const error = thrownBy(() => saveCheckpoint(dir(), checkpointAt(3), disk));
    expect(error.code).to.equal("run.io");
    expect(error.message).to.contain("step-000003").and.contain("free some space");
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it("forces the rows to the disk before the checkpoint is there", () => {
    openRecord(dir()).close();
    const order: string[] = [];
    const names = new Map<number, string>();
    const { openSync, fsyncSync, renameSync } = changedDisk({});
    const disk = changedDisk({
      openSync: ((path: string, flags: string) => {
        const file = openSync(path, flags);
        names.set(file, basename(path));
        return file;
      }) as typeof openSync,
      fsyncSync: (file) => {
        order.push(names.get(file) ?? "");
        fsyncSync(file);
      },
      renameSync: (from, to) => {
        order.push(`rename to ${basename(String(to))}`);
        renameSync(from, to);
      },
    });
    saveCheckpoint(dir(), checkpointAt(4), disk);
    expect(order.slice(0, 2)).to.deep.equal(["rows.jsonl", "events.jsonl"]);
    expect(order.slice(-2)).to.deep.equal(["rename to step-000004", "checkpoints"]);
    const aside = order.slice(3, -2);
    expect(aside.slice(0, 3)).to.deep.equal(["state.safetensors", "analyzers.safetensors", "checkpoint.json"]);
    expect(aside[3]).to.match(/^step-000004\.partial-/);
  });
});

describe("loadCheckpoint", () => {
  const dir = useTempDir();

  it("names the keys in which another config differs", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    const other = { ...config, seed: 2, train: { lr: 0.1, steps: 10 } };
    const error = thrownBy(() => loadCheckpoint(path, other));
    expect(error.code).to.equal("checkpoint.mismatch");
    expect(error.exitCode).to.equal(2);
    expect(error.message)
      .to.contain("seed: expected `1`, got `2`")
      .and.contain("train.steps: expected `9`, got `10`")
      .and.not.contain("train.lr");
  });

  it("takes a config that differs only in what does not decide the numbers, and in the order of keys", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    const { seed, ...rest } = config;
    const same = { ...rest, name: "b", sinks: {}, checkpoint: { every: 1 }, train: { steps: 9, lr: 0.1 }, seed };
    expect(loadCheckpoint(path, same).step).to.equal(5);
  });

  it("refuses a newer format", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    const file = join(path, "checkpoint.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"format": 2', '"format": 3'));
    expect(thrownBy(() => loadCheckpoint(path)).code).to.equal("checkpoint.newer");
    expect(thrownBy(() => latestCheckpoint(dir())).message).to.contain("expected format 2 or older, got 3");
  });

  it("takes no checkpoint.json with a flipped bit for another one", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    const file = join(path, "checkpoint.json");
    const good = readFileSync(file);
    const right = JSON.stringify(loadCheckpoint(path));
    for (let bit = 0; bit < good.length * 8; bit += 3) {
      const bad = good.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      writeFileSync(file, bad);
      let taken = right; // white space may change
      try {
        taken = JSON.stringify(loadCheckpoint(path));
      } catch {
        // refused
      }
      expect(taken, `bit ${bit}`).to.equal(right);
    }
  });

  it("takes those of the format before, which had no hash of its own", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    const file = join(path, "checkpoint.json");
    const { hash: _, ...rest } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...rest, format: 1 }));
    expect(loadCheckpoint(path).step).to.equal(5);
  });

  it("refuses every file cut short, emptied or with one bit changed", () => {
    const path = saveCheckpoint(dir(), checkpointAt(5));
    for (const name of ["state.safetensors", "analyzers.safetensors"]) {
      const file = join(path, name);
      const good = readFileSync(file);
      const flipped = good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte));
      for (const bad of [flipped, good.subarray(0, -1), Buffer.alloc(0)]) {
        writeFileSync(file, bad);
        const error = thrownBy(() => loadCheckpoint(path));
        expect(error.code).to.equal("checkpoint.invalid");
        expect(error.message).to.contain(name);
      }
      writeFileSync(file, good);
    }
    for (const bad of ["", "{}", "null", '{"format":1,"step":-1}']) {
      writeFileSync(join(path, "checkpoint.json"), bad);
      expect(thrownBy(() => loadCheckpoint(path)).code).to.equal("checkpoint.invalid");
    }
    expect(listCheckpoints(dir())).to.have.length(1);
  });
});
