/** Do the forks of one checkpoint lose the same units? Against chance, plain and among units that fire as often. */
import { latestCheckpoint, listCheckpoints } from "../core/checkpoint/folder.ts";
import { forksDiffer, noCheckpointAt, notAFork, tooFewForks } from "../core/errors/errors.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { readRun } from "../core/record/runs.ts";
import { reopen } from "../core/run/reopened.ts";
import { fleissKappa, groupsByScore, type Overlap, overlap, stratumOf } from "../statistics/overlap.ts";

/** What the forks share in one layer. */
export interface LayerOverlap {
  readonly layer: number;
  /** Units that fire at the fork. */
  readonly alive: number;
  /** Of those, units that do not at the end of each fork. */
  readonly fellSilent: readonly number[];
  /** Over all pairs of forks together: against random sets, and against sets random within deciles of firing frequency. */
  readonly plain: Overlap;
  readonly stratified: Overlap;
  /** Within fortieths: what is left when units of one decile, too, may differ in frequency. */
  readonly finer: Overlap;
  /** Fleiss' kappa of the forks' verdicts on each alive unit. */
  readonly kappa: number;
}

/** What `experiment overlap` prints. */
export interface OverlapReport {
  readonly run: string;
  readonly step: number;
  readonly steps: number;
  readonly forks: readonly string[];
  /** Tokens without a firing that make a unit silent. */
  readonly tokens: number;
  readonly layers: readonly LayerOverlap[];
}

/** Compares forks of one checkpoint that differ in their data order. Throws `usage` for runs that cannot be compared. */
export async function overlapOf(dirs: readonly string[], tokens: number, plugins: PluginTable): Promise<OverlapReport> {
  if (dirs.length < 2) throw tooFewForks(dirs.length);
  const forks = dirs.map((dir) => {
    const { run } = readRun(dir);
    if (run.fork === undefined) throw notAFork(run.id);
    const end = latestCheckpoint(dir).latest;
    const start = listCheckpoints(dir).find(({ step }) => step === run.fork?.step);
    if (end === undefined || start === undefined || end.step === start.step)
      throw noCheckpointAt(run.id, run.fork.step, []);
    return { run, origin: run.fork, start, end };
  });
  const [first] = forks;
  for (const { run, origin, end } of forks) {
    const same = origin.run === first!.origin.run && origin.step === first!.origin.step && end.step === first!.end.step;
    if (!same) throw forksDiffer(first!.run.id, run.id);
  }

  const open = await reopen(dirs[0]!, plugins);
  try {
    const sequences = Math.ceil(tokens / open.config.model.n_ctx);
    const before = await open.firings(open.load(first!.start.path).state, sequences);
    const after: Int32Array[][] = [];
    for (const { end } of forks) after.push(await open.firings(open.load(end.path).state, sequences));
    const layers = before.map((firings, layer) =>
      layerOverlap(
        layer,
        firings,
        after.map((fork) => fork[layer]!),
      ),
    );
    return {
      run: first!.origin.run,
      step: first!.origin.step,
      steps: first!.end.step - first!.origin.step,
      forks: forks.map(({ run }) => run.id),
      tokens: sequences * open.config.model.n_ctx,
      layers,
    };
  } finally {
    await open.close();
  }
}

/** Overlap in one layer, from firings of each unit at the fork and at each fork's end. */
export function layerOverlap(layer: number, before: Int32Array, after: readonly Int32Array[]): LayerOverlap {
  const alive = [...before.keys()].filter((unit) => before[unit]! > 0);
  const sets = after.map((firings) => new Set(alive.filter((unit) => firings[unit] === 0)));
  const pairs = sets.flatMap((a, i) => sets.slice(i + 1).map((b) => [a, b] as const));
  const within = (groups: number) => {
    const strata = groupsByScore(alive, (unit) => before[unit]!, groups);
    return overlap(pairs.flatMap(([a, b]) => strata.map((stratum) => stratumOf(stratum, a, b))));
  };
  const yes = alive.map((unit) => sets.filter((set) => set.has(unit)).length);
  return {
    layer,
    alive: alive.length,
    fellSilent: sets.map((set) => set.size),
    plain: overlap(pairs.map(([a, b]) => stratumOf(alive, a, b))),
    stratified: within(10),
    finer: within(40),
    kappa: fleissKappa(yes, sets.length),
  };
}
