/** Folders that are gone after the test. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** A folder for each test of the suite that calls this, removed afterwards. Call the result inside a test. */
export function useTempDir(): () => string {
  let dir = "";
  beforeEach(() => {
    dir = newFolder();
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  return () => dir;
}

/** An empty folder, for suites whose tests share one or need several; `removeTempFolders` in an `after` hook clears them. */
export function tempFolder(): string {
  const folder = newFolder();
  made.push(folder);
  return folder;
}

export function removeTempFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Without links on the way, so that paths compare equal to those that a child process reports. */
function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "reluscope-test-")));
}
