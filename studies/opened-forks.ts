/** Forks of one checkpoint, read for comparison: where each began and ended, and what was changed in it. */
import { type FoundCheckpoint, latestCheckpoint, listCheckpoints } from "../core/checkpoint/folder.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { readRows } from "../core/record/reader.ts";
import { readRun } from "../core/record/runs.ts";
import type { Word } from "../core/run/trust.ts";
import { forksDiffer, noCheckpointAt, notAFork, tooFewForks } from "./errors.ts";
import { createFiringCounter } from "./firings.ts";
import { opened } from "./observe/looking.ts";
import { ownSubjects } from "./observe/own.ts";
import { openCheckpoints } from "./observe/stored.ts";
import type { Subject } from "./observe/subject.ts";

/** One fork. */
export interface OpenedFork {
  readonly id: string;
  readonly dir: string;
  /** What was changed beside the data order: `plain`, or the name of a counterfactual. */
  readonly arm: string;
  readonly order: number;
  /** Updates that it left out, by `skip_above`; undefined where it leaves none out or keeps no rows. */
  readonly skipped: number | undefined;
  readonly start: FoundCheckpoint;
  readonly end: FoundCheckpoint;
}

/** Forks of one checkpoint, all as long. */
export interface OpenedForks {
  readonly run: string;
  readonly step: number;
  readonly steps: number;
  readonly forks: readonly OpenedFork[];
}

/** Reads them. Throws `usage` for runs that are no forks, or not of the same checkpoint and length, or two with an arm's name but other settings. */
export async function openForks(dirs: readonly string[]): Promise<OpenedForks> {
  if (dirs.length < 2) throw tooFewForks(dirs.length);
  const found = dirs.map((dir) => {
    const { run } = readRun(dir);
    if (run.fork === undefined) throw notAFork(run.id);
    const end = latestCheckpoint(dir).latest;
    const start = listCheckpoints(dir).find(({ step }) => step === run.fork?.step);
    if (end === undefined || start === undefined || end.step === start.step)
      throw noCheckpointAt(run.id, run.fork.step, []);
    return { dir, run, origin: run.fork, start, end };
  });
  const [first] = found;
  const settings = new Map<string, string>();
  const forks: OpenedFork[] = [];
  for (const { dir, run, origin, start, end } of found) {
    const same = origin.run === first!.origin.run && origin.step === first!.origin.step && end.step === first!.end.step;
    const { train, data } = run.config as unknown as {
      train: { until: number; skip_above: number };
      data: { order: number };
    };
    const arm = origin.arm ?? "plain";
    const { until, ...rest } = train;
    const known = settings.get(arm) ?? JSON.stringify(rest);
    if (!same || known !== JSON.stringify(rest)) throw forksDiffer(first!.run.id, run.id);
    settings.set(arm, known);
    const skipped = train.skip_above > 0 ? await stepsAbove(dir, train.skip_above) : undefined;
    forks.push({ id: run.id, dir, arm, order: data.order, skipped, start, end });
  }
  return { run: first!.origin.run, step: first!.origin.step, steps: first!.end.step - first!.origin.step, forks };
}

/** Steps whose gradient norm is above a limit; undefined where there are no rows. */
export async function stepsAbove(dir: string, limit: number): Promise<number | undefined> {
  const { rows } = await readRows(dir);
  const norms = rows.flatMap(({ metrics }) => metrics["train/grad_norm"] ?? []);
  return norms.length === 0 ? undefined : norms.filter((norm) => norm > limit).length;
}

/** Firings of each unit on the same text at the fork, and at each fork's end, `[layer][unit]`. */
export interface ForkFirings {
  readonly tokens: number;
  readonly before: readonly Int32Array[];
  readonly after: readonly (readonly Int32Array[])[];
}

/** Counts firings on `tokens` tokens or a few more. */
export async function forkFirings(
  { forks }: OpenedForks,
  tokens: number,
  plugins: PluginTable,
  word: Word = {},
): Promise<ForkFirings> {
  const looking = await openCheckpoints(forks[0]!.dir, plugins, { word });
  try {
    const { model } = looking.open.plan;
    const counter = await createFiringCounter(looking);
    const sequences = Math.ceil(tokens / model.shape.n_ctx);
    const counted = (subject: Subject) => opened(subject, (one) => counter.firings(one.parameters(), sequences));
    const [start, ...ends] = ownSubjects([forks[0]!.start, ...forks.map(({ end }) => end)], model);
    const before = await counted(start!);
    const after: (readonly Int32Array[])[] = [];
    for (const end of ends) after.push(await counted(end));
    counter.dispose();
    return { tokens: counter.tokensIn(sequences), before, after };
  } finally {
    await looking.open.close();
  }
}
