/** The processes of this machine that carry a sweep out, so that another one can ask them to stop. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { readRegularText } from "../../core/files/regular-file.ts";
import { makeFolder, removeQuietly, replaceFile } from "../../core/record/disk.ts";
import { livenessOf, type ProcessIdentity, thisProcess } from "../../core/record/process-identity.ts";

const pattern = /^process-(\d+)\.json$/;

/** Puts this process on record until `remove`. */
export function markHere(sweepFolder: string): { remove(): void } {
  makeFolder(sweepFolder);
  const file = path.join(sweepFolder, `process-${process.pid}.json`);
  replaceFile(file, `${JSON.stringify(thisProcess())}\n`);
  return { remove: () => removeQuietly(file) };
}

/** Asks every living one to stop; what dead ones left is removed. Returns how many were asked. */
export function stopHere(sweepFolder: string): number {
  let asked = 0;
  for (const name of namesIn(sweepFolder)) {
    const file = path.join(sweepFolder, name);
    const identity = identityIn(file);
    if (identity === undefined || identity.pid === process.pid) continue;
    const liveness = livenessOf(identity);
    if (liveness === "gone") removeQuietly(file);
    if (liveness !== "live") continue;
    process.kill(identity.pid, "SIGTERM");
    asked++;
  }
  return asked;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name));
  } catch {
    return [];
  }
}

/** The file's name and what is in it must name one process: a file from elsewhere stops nobody. */
function identityIn(file: string): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readRegularText(file, 65536)) as ProcessIdentity;
    const pid = Number(pattern.exec(path.basename(file))?.[1]);
    return identity.pid === pid && typeof identity.machine === "string" && identity.started !== undefined
      ? identity
      : undefined;
  } catch {
    return undefined;
  }
}
