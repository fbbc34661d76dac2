/** The trash of a folder of runs: `.trash` beside them. What is in it is whole, and comes back by the same renaming. */
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { notInTrash, placeTaken, runIsLive } from "../errors/keeping-errors.ts";
import { attempt } from "./disk.ts";
import { files } from "./format.ts";
import { lockState } from "./lock.ts";

const trashName = ".trash";

/** Moves a run's directory into the trash beside it. Throws `run.inUse` while it runs. */
export function moveToTrash(dir: string): string {
  const place = resolve(dir);
  const id = basename(place);
  if (["live", "elsewhere"].includes(lockState(place))) throw runIsLive(id);
  const trash = join(dirname(place), trashName);
  const to = join(trash, id);
  if (existsSync(to)) throw placeTaken(`${trashName}/${id}`);
  attempt(place, "move", () => {
    mkdirSync(trash, { recursive: true });
    renameSync(place, to);
  });
  return to;
}

/** Puts a run back from the trash of `root`. Throws `run.notFound`, or `usage` where its place is taken. */
export function restoreFromTrash(root: string, id: string): string {
  const known = inTrash(root);
  if (!known.includes(id)) throw notInTrash(id, known);
  const to = join(root, id);
  if (existsSync(to)) throw placeTaken(id);
  attempt(to, "move", () => renameSync(join(root, trashName, id), to));
  return to;
}

/** Ids of the runs in the trash of `root`, in order. */
export function inTrash(root: string): string[] {
  const trash = join(root, trashName);
  if (!existsSync(trash)) return [];
  const names = readdirSync(trash, { withFileTypes: true });
  return names
    .filter((entry) => entry.isDirectory() && existsSync(join(trash, entry.name, files.run)))
    .map(({ name }) => name)
    .sort();
}
