import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openJournal } from "../../../core/record/journal.ts";
import { changedDisk, refusal } from "../../helpers/faulty-disk.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";

describe("openJournal", () => {
  const dir = useTempDir();
  const path = () => join(dir(), "lines");
  const text = () => readFileSync(path(), "utf8");

  it("has what was appended in the file at once", () => {
    const journal = openJournal(path());
    journal.append("a\n");
    journal.append("b\nc\n");
    expect(text()).to.equal("a\nb\nc\n");
    journal.close();
  });

  it("cuts a last line off that was torn at any byte, and nothing else", () => {
    const whole = '{"a":1}\n{"b":2}\n';
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path(), whole.slice(0, length));
      const journal = openJournal(path());
      journal.append("new\n");
      journal.close();
      expect(text()).to.equal(`${whole.slice(0, whole.slice(0, length).lastIndexOf("\n") + 1)}new\n`);
    }
  });

  it("cuts off a torn line that is longer than a block", () => {
    writeFileSync(path(), `a\n${"x".repeat(200_000)}`);
    openJournal(path()).close();
    expect(text()).to.equal("a\n");
  });

  it("takes a half-written line back out when the disk is full, and goes on when there is room again", () => {
    let full = false;
    const disk = changedDisk({
      writeSync: ((file: number, bytes: Uint8Array, from: number, length: number) => {
        if (!full) return writeSync(file, bytes, from, length);
        if (from > 0) throw refusal("ENOSPC");
        return writeSync(file, bytes, 0, 3);
      }) as typeof writeSync,
    });
    const journal = openJournal(path(), disk);
    journal.append("first\n");
    full = true;
    const error = thrownBy(() => journal.append("second\nthird\n"));
    expect(error.code).to.equal("run.io");
    expect(error.message).to.contain(path()).and.contain("free some space");
    expect(text()).to.equal("first\n");
    full = false;
    journal.append("fourth\n");
    journal.close();
    expect(text()).to.equal("first\nfourth\n");
  });

  it("cuts the half-written line off before the next one when it could not do so at once", () => {
    let broken = false;
    const truncate = changedDisk({}).ftruncateSync;
    const disk = changedDisk({
      writeSync: ((file: number, bytes: Uint8Array, from: number, length: number) => {
        if (!broken) return writeSync(file, bytes, from, length);
        if (from > 0) throw refusal("EIO");
        return writeSync(file, bytes, 0, 3);
      }) as typeof writeSync,
      ftruncateSync: (file, length) => {
        if (broken) throw refusal("EIO");
        truncate(file, length);
      },
    });
    const journal = openJournal(path(), disk);
    journal.append("first\n");
    broken = true;
    expect(thrownBy(() => journal.append("second\n")).code).to.equal("run.io");
    expect(text()).to.equal("first\nsec");
    expect(thrownBy(() => journal.append("third\n")).code).to.equal("run.io");
    broken = false;
    journal.append("fourth\n");
    expect(text()).to.equal("first\nfourth\n");
    journal.close();
  });

  it("goes on after a short write", () => {
    const disk = changedDisk({
      writeSync: ((file: number, bytes: Uint8Array, from: number) =>
        writeSync(file, bytes, from, 1)) as typeof writeSync,
    });
    const journal = openJournal(path(), disk);
    journal.append("häuser\n");
    journal.close();
    expect(text()).to.equal("häuser\n");
  });

  for (const [how, away] of [
    ["removed", () => rmSync(path())],
    ["cut short", () => truncateSync(path(), 2)],
  ] as const) {
    it(`says so, once, when the file was ${how} by somebody else, and keeps what comes after`, () => {
      const journal = openJournal(path());
      journal.append("first\nsecond\n");
      away();
      const error = thrownBy(() => journal.append("third\n"));
      expect(error.code).to.equal("run.removed");
      expect(error.message).to.include(path());
      journal.append("fourth\n");
      expect(text()).to.equal("third\nfourth\n");
      away();
      expect(thrownBy(() => journal.close()).code).to.equal("run.removed");
    });
  }

  it("goes on in the file that an editor has saved in its place", () => {
    const journal = openJournal(path());
    journal.append("first\n");
    copyFileSync(path(), `${path()}.new`);
    renameSync(`${path()}.new`, path());
    journal.append("second\n");
    journal.close();
    expect(text()).to.equal("first\nsecond\n");
  });

  it("says so when the file cannot be opened", () => {
    appendFileSync(path(), "");
    const error = thrownBy(() => openJournal(join(path(), "below-a-file")));
    expect(error.code).to.equal("run.io");
    expect(error.exitCode).to.equal(1);
  });
});
