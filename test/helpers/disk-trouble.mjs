/**
 * Loaded into a sweep's processes (`node --import`): trouble at a chosen operation of the disk, so that no test waits for a moment.
 *
 * KILL_FOLDER, KILL_SEED, KILL_WITHIN, KILLS: until there were KILLS kills, each worker ends at one of its first KILL_WITHIN
 * operations with SIGKILL: itself, its pool, or both. FULL: nothing more can be written below this folder once it has 3 rows.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join, sep } from "node:path";

const { openSync, closeSync, writeSync, readdirSync, readFileSync, writeFileSync } = fs;
const { KILL_FOLDER, KILL_SEED, KILL_WITHIN, KILLS, FULL } = process.env;
const pool = process.ppid;

if (KILL_FOLDER && process.argv.includes("--worker")) killAtSome(ownNumber(KILL_FOLDER));
if (FULL) fillUp(FULL);
syncBuiltinESMExports();

/** The n-th worker that starts is number n, whatever its process is called. */
function ownNumber(folder) {
  for (let number = 0; ; number++) {
    try {
      closeSync(openSync(join(folder, String(number)), "wx"));
      return number;
    } catch (thrown) {
      if (thrown.code !== "EEXIST") throw thrown;
    }
  }
}

function killAtSome(number) {
  if (readdirSync(KILL_FOLDER).filter((name) => name.endsWith(".killed")).length >= Number(KILLS)) return;
  const draw = createHash("sha256").update(`${KILL_SEED} ${number}`).digest();
  const at = 1 + (draw.readUInt32BE(0) % Number(KILL_WITHIN));
  const [self, above] = [
    [true, false],
    [true, false],
    [false, true],
    [true, true],
  ][draw[4] % 4];
  let operations = 0;
  for (const name of [
    "openSync",
    "writeSync",
    "fsyncSync",
    "closeSync",
    "mkdirSync",
    "linkSync",
    "renameSync",
    "rmSync",
  ]) {
    const own = fs[name];
    fs[name] = (...args) => {
      operations++;
      if (operations !== at) return own(...args);
      if (name === "writeSync" && draw[5] % 2)
        writeSync(args[0], args[1], args[2] ?? 0, (args[3] ?? args[1].length) >> 1);
      const both = above && process.ppid === pool; // an orphan has nobody above it
      writeFileSync(
        join(KILL_FOLDER, `${number}.killed`),
        `${both ? "pool" : ""} ${self || !both ? "worker" : ""} at ${name}`,
      );
      if (both) process.kill(pool, "SIGKILL");
      if (self || !both) process.kill(process.pid, "SIGKILL");
      return own(...args);
    };
  }
}

/** What is written there fails with ENOSPC; what is read, renamed or removed does not. */
function fillUp(folder) {
  const within = (path) => String(path).startsWith(folder + sep);
  const full = () => {
    try {
      return readFileSync(join(folder, "rows.jsonl"), "utf8").split("\n").length > 3;
    } catch {
      return false;
    }
  };
  const below = new Set();
  fs.openSync = (path, flags, ...rest) => {
    const file = openSync(path, flags, ...rest);
    if (within(path)) below.add(file);
    else below.delete(file);
    return file;
  };
  fs.writeSync = (file, ...rest) => {
    if (below.has(file) && full())
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    return writeSync(file, ...rest);
  };
}
