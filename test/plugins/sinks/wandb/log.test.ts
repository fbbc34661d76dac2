import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { LogReader } from "../../../../plugins/sinks/wandb/log/reader.ts";
import { LogWriter } from "../../../../plugins/sinks/wandb/log/writer.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { readPayloads } from "../../../helpers/wandb-reader.ts";

const block = 32_768;
const bytes = (length: number, fill: number) => Buffer.alloc(length, fill);

function readAll(path: string): Buffer[] {
  const reader = new LogReader(path);
  const payloads: Buffer[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) payloads.push(next.payload);
  reader.close();
  return payloads;
}

describe("LogWriter", () => {
  const folder = useTempDir();

  it("begins with W&B's header and frames a record as W&B does, byte for byte", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(Buffer.from("abc"));
    log.close();
    // crc32("\x01abc") = 0x539d20a9 by python3 -c 'import zlib; print(hex(zlib.crc32(b"\x01abc")))'
    expect(readFileSync(path).toString("hex")).to.equal(`3a572642e1be00a9209d53030001616263`);
  });

  it("refuses to write over a file", () => {
    const path = join(folder(), "run.wandb");
    writeFileSync(path, "mine");
    expect(() => LogWriter.create(path)).to.throw("EEXIST");
  });

  for (const left of [0, 1, 6, 7, 8, 14]) {
    it(`crosses a block with ${left} bytes left in it`, () => {
      const path = join(folder(), "run.wandb");
      const log = LogWriter.create(path);
      const first = bytes(block - 7 - 7 - left, 1);
      log.append(first);
      log.append(bytes(20, 2));
      log.append(bytes(3 * block, 3));
      log.close();
      const file = readFileSync(path);
      expect(readPayloads(file)).to.deep.equal([first, bytes(20, 2), bytes(3 * block, 3)]);
      expect(readAll(path)).to.deep.equal([first, bytes(20, 2), bytes(3 * block, 3)]);
      if (left < 7) expect(file.subarray(block - left, block)).to.deep.equal(bytes(left, 0));
      // With exactly 7 bytes left the header of an empty FIRST chunk stands there.
      else expect([file.readUInt16LE(block - left + 4), file[block - left + 6]]).to.deep.equal([left - 7, 2]);
    });
  }

  it("takes several records in one call, and records of no length", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(bytes(0, 0), bytes(100_000, 7), bytes(1, 8));
    log.close();
    expect(readPayloads(readFileSync(path)).map((p) => p.length)).to.deep.equal([0, 100_000, 1]);
    expect(log.size).to.equal(statSync(path).size);
  });

  it("goes on after a crash at every length of the last record, as if it had not been begun", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(bytes(block - 60, 1));
    const whole = log.size;
    log.append(bytes(70, 2));
    log.close();
    const copy = join(folder(), "copy.wandb");
    for (let size = whole; size < log.size; size++) {
      copyFileSync(path, copy);
      truncateSync(copy, size);
      const reader = new LogReader(copy);
      expect(reader.next()?.payload.length).to.equal(block - 60);
      expect(reader.next(), `torn at ${size}`).to.equal(undefined);
      expect(reader.position).to.equal(whole);
      reader.close();
      const again = LogWriter.continue(copy, whole);
      again.append(bytes(80, 3));
      again.close();
      expect(readPayloads(readFileSync(copy))).to.deep.equal([bytes(block - 60, 1), bytes(80, 3)]);
    }
  });
});

describe("LogReader", () => {
  const folder = useTempDir();

  it("follows a log that grows, a record at a time", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    const reader = new LogReader(path);
    expect(reader.next()).to.equal(undefined);
    for (let i = 0; i < 200; i++) {
      log.append(bytes(i * 7, i));
      expect(reader.next()?.payload).to.deep.equal(bytes(i * 7, i));
      expect(reader.next()).to.equal(undefined);
    }
    reader.close();
    log.close();
  });

  it("sees what was written anew where a torn tail stood", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(bytes(10, 1));
    const whole = log.size;
    log.append(bytes(10, 2));
    log.close();
    truncateSync(path, log.size - 3);
    const reader = new LogReader(path);
    reader.next();
    expect(reader.next()).to.equal(undefined);
    const again = LogWriter.continue(path, whole);
    again.append(bytes(10, 3));
    again.close();
    expect(reader.next()?.payload).to.deep.equal(bytes(10, 3));
    reader.close();
  });

  it("takes zeros after the last record for a tail, as a file system leaves them", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(bytes(10, 1));
    log.close();
    writeFileSync(path, bytes(100, 0), { flag: "a" });
    expect(readAll(path)).to.deep.equal([bytes(10, 1)]);
  });

  it("tells damage before the end from a torn tail, at every byte", () => {
    const path = join(folder(), "run.wandb");
    const log = LogWriter.create(path);
    log.append(bytes(10, 1));
    const whole = log.size;
    log.append(bytes(10, 2));
    const end = log.size;
    log.append(bytes(10, 3));
    log.close();
    const good = readFileSync(path);
    for (let at = whole; at < end; at++) {
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ 0x41;
      writeFileSync(path, bad);
      expect(() => readAll(path), `byte ${at}`)
        .to.throw("damaged at byte 24")
        .with.property("code", "run.damaged");
    }
  });

  it("refuses what is no log, and logs of a later version", () => {
    const path = join(folder(), "run.wandb");
    writeFileSync(path, Buffer.from("3a572642e1be01", "hex"));
    expect(() => readAll(path)).to.throw("not a W&B transaction log of version 0");
  });
});
