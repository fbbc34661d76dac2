import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { files } from "../../../core/record/format.ts";

/** Puts a run's checkpoints under the log's `files/`, as links where the disk has them, and returns their names there. */
export function checkpointFiles(runDir: string, log: string): string[] {
  const root = join(runDir, files.checkpoints);
  if (!existsSync(root)) return [];
  return filesIn(root).map((path) => {
    const name = join("checkpoints", relative(root, path)).split(sep).join("/");
    const target = join(dirname(log), "files", name);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) linkOrCopy(path, target);
    return name;
  });
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
