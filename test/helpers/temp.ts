/** A folder that is gone after the test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** Makes an empty folder; `removeTempFolders` in an `after` hook clears all of a file's. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "reluscope-test-"));
  made.push(folder);
  return folder;
}

export function removeTempFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}
