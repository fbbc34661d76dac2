/** A sweep whose processes are killed, over and over, at operations of the disk that a seed chooses. */
import { mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "../../core/arrays/random.ts";
import { readRun } from "../../core/record/runs.ts";
import type { SweepStatus } from "../../studies/sweep/status.ts";
import { command } from "./command.ts";
import { tinySweep, writeSweep } from "./sweeps.ts";
import { comparableRows } from "./tiny.ts";

/** What Node is told so that the trouble of disk-trouble.mjs is in every process. */
export const troubled: string = `--import=${fileURLToPath(new URL("disk-trouble.mjs", import.meta.url))}`;

export interface Kills {
  /** Workers that are killed, or kill their pool. */
  readonly kills: number;
  readonly seed: number;
  /** Each at one of its first so many operations of the disk. */
  readonly within: number;
  /** Runs that the plan begins with, and that it grows by whenever all have finished. */
  readonly runs: number;
  /** After each round: kills so far, and where the runs stand by their directories. */
  readonly round?: (done: number, status: SweepStatus) => void;
}

/** The plan of `runs` tiny runs. */
export const planOf = (runs: number) => ({ grid: { seed: { from: 1, to: runs } } });

/** Starts the sweep again and again, at times two of them at once, until that many have been killed. Returns the runs in the plan. */
export async function killSweep(folder: string, { kills, seed, within, runs, round }: Kills): Promise<number> {
  const notes = join(folder, "kills");
  mkdirSync(notes);
  const random = createRandom(seed, "killed sweep");
  const env = {
    NODE_OPTIONS: troubled,
    KILL_FOLDER: notes,
    KILL_SEED: String(seed),
    KILL_WITHIN: String(within),
    KILLS: String(kills),
  };
  const start = () => command(["sweep", "plan.yaml", "--jobs", "2"], { cwd: folder, env });
  const done = () => readdirSync(notes).filter((name) => name.endsWith(".killed")).length;
  let planned = runs;
  writeSweep(folder, planOf(planned));
  while (done() < kills) {
    await Promise.all(random.next() < 0.3 ? [start(), start()] : [start()]);
    const said = await command(["sweep", "status", "plan.yaml", "--json"], { cwd: folder });
    const status = JSON.parse(said.stdout) as SweepStatus;
    round?.(done(), status);
    if (status.counts.finished < planned) continue;
    planned += runs;
    writeSweep(folder, planOf(planned));
  }
  return planned;
}

/** What is wrong with a sweep that should be whole: runs that are missing, doubled, done again, or not as without any kill. */
export async function faultsOf(folder: string, reference: string): Promise<string[]> {
  const { runs, root, folder: own } = await tinySweep(folder);
  const ids = runs.map(({ id }) => id);
  const names = readdirSync(root).filter((name) => name !== basename(own));
  const faults = [
    ...ids.filter((id) => !names.includes(id)).map((id) => `${id} is missing`),
    ...names.filter((name) => !ids.includes(name)).map((name) => `${name} is not of the plan`),
  ];
  for (const id of ids.filter((one) => names.includes(one))) {
    const dir = join(root, id);
    const ends = readRun(dir).run.attempts.map(({ outcome }) => outcome?.state);
    if (ends.indexOf("finished") !== ends.length - 1) faults.push(`${id} ended as ${ends}`);
    const [rows, expected] = await Promise.all([
      comparableRows(dir),
      comparableRows(join(reference, basename(root), id)),
    ]);
    if (JSON.stringify(rows) !== JSON.stringify(expected)) faults.push(`${id} has other rows than without kills`);
  }
  return faults;
}
