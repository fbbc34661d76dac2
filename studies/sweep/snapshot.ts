/**
 * A sweep as it was started, in one file beside its runs: the merged base config and every run's settings. What starts later
 * (an array job's tasks, a worker) reads this, so that editing the plan or the rc file meanwhile changes nothing that waits.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { parseWith } from "../../core/config/check.ts";
import { deepFreeze } from "../../core/config/deep-freeze.ts";
import { type ConfigBase, configBase, type LoadedConfig, openConfig } from "../../core/config/load.ts";
import { type Config, configSchema } from "../../core/config/schema.ts";
import { secretMark, withoutSecrets, withSecretsOf } from "../../core/config/secrets.ts";
import { damagedFile, reasonOf, runNotPlanned } from "../../core/errors/errors.ts";
import { readRegularText } from "../../core/files/regular-file.ts";
import { packageVersion } from "../../core/modules/version.ts";
import { attempt, makeFolder, replaceFile } from "../../core/record/disk.ts";
import type { FoundPlan } from "./plan.ts";
import { labelOf, layersOf, type Settings } from "./settings.ts";
import { type Sweep, sweepOf } from "./sweep.ts";

/** A run's folder stands beside the sweep's: its name leads nowhere else. */
const runName = z.string().refine((id) => path.basename(id) === id && !/^\.*$/.test(id), "the name of a folder");
const anything = z.record(z.string(), z.unknown());
/** A run that begins with a checkpoint: its config is all its own. Paths are from this file's folder. */
const forkSchema = z.strictObject({
  of: z.strictObject({ run: z.string(), step: z.int(), arm: z.string().exactOptional() }),
  parent: z.string(),
  baseDir: z.string(),
  config: anything,
  sources: z.record(z.string(), z.string()),
  acceptChangedCorpus: z.boolean(),
});
const snapshotSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().min(1),
  /** Where relative paths of the config start, from this file's folder; the runs lie beside that folder. */
  baseDir: z.string(),
  /** The config file, from this file's folder: secrets are read from it again, never stored. */
  config: z.string().optional(),
  values: anything,
  sources: z.record(z.string(), z.string()),
  keys: z.array(z.string()),
  runs: z.array(z.strictObject({ id: runName, settings: anything, fork: forkSchema.exactOptional() })),
  notes: z.array(z.string()),
});
type Fork = z.output<typeof forkSchema>;
export type Snapshot = z.output<typeof snapshotSchema>;

/** A sweep whose runs can be trained. */
export interface OpenSweep extends Sweep {
  /** Folder of the run directories, absolute. */
  readonly root: string;
  /** The sweep's own folder under it: snapshots, scripts, logs. */
  readonly folder: string;
  /** The snapshot, absolute. */
  readonly file: string;
  /** The config of one run. Throws `usage` for an index that the plan does not have. */
  load(index: number): Promise<LoadedConfig>;
}

/** What the folder of a sweep's own files is called. */
export const folderOf = (root: string, name: string): string => path.join(root, `${name}.sweep`);

/** The sweep of a plan: read from its snapshot where plan and config are still the same, else made anew. Nothing is written. */
export async function openPlan(
  found: FoundPlan,
  base: ConfigBase,
  root: string,
): Promise<{ readonly sweep: OpenSweep; write(): void }> {
  const folder = folderOf(root, found.name);
  const values = base.values();
  const file = snapshotFile(folder, [packageVersion, found.name, found.plan, values]);
  if (existsSync(file)) return { sweep: openSnapshot(file), write: () => {} };

  const sweep = sweepOf(base, found.plan, found.name, found.where);
  const first = sweep.runs[0]?.settings;
  const sources = first ? base.resolve(layersOf(first, found.where)).sources : {};
  const snapshot: Snapshot = {
    format: 1,
    name: found.name,
    baseDir: path.relative(folder, base.baseDir),
    ...(base.file && { config: path.relative(folder, base.file) }),
    values: withoutSecrets(values),
    sources: Object.fromEntries(Object.entries(sources).filter(([key]) => !(first && key in first))),
    keys: [...sweep.keys],
    runs: sweep.runs.map(({ id, settings }) => ({ id, settings })),
    notes: [...sweep.notes],
  };
  return snapshotAs(snapshot, file);
}

/** The sweep of a snapshot that is to lie at `file`, where `write` puts it. */
export function snapshotAs(snapshot: Snapshot, file: string): { readonly sweep: OpenSweep; write(): void } {
  const folder = path.dirname(file);
  const write = () => {
    attempt(folder, "make the folder", () => makeFolder(folder));
    replaceFile(file, `${JSON.stringify(snapshot)}\n`);
  };
  return { sweep: opened(snapshot, file), write };
}

/** What a snapshot in `folder` is called: other contents have another name. */
export function snapshotFile(folder: string, contents: readonly unknown[]): string {
  const digest = createHash("sha256").update(JSON.stringify(contents)).digest("hex").slice(0, 8);
  return path.join(folder, `plan-${digest}.json`);
}

/** Whether a file is a snapshot, by its name. */
export function isSnapshot(file: string): boolean {
  return /^plan-[0-9a-f]{8}\.json$/.test(path.basename(file)) && path.dirname(file).endsWith(".sweep");
}

/** Bytes; a plan of 10,000 runs has some megabytes. */
const largest = 256 << 20;

/** Opens a snapshot. Throws `run.damaged`. */
export function openSnapshot(file: string): OpenSweep {
  let value: unknown;
  try {
    value = JSON.parse(readRegularText(file, largest));
  } catch (thrown) {
    throw damagedFile(file, reasonOf(thrown), thrown);
  }
  return opened(parseWith(snapshotSchema, value, [], { "": file }), path.resolve(file));
}

function opened(snapshot: Snapshot, file: string): OpenSweep {
  const folder = path.dirname(file);
  const root = path.dirname(folder);
  const { name, keys, notes } = snapshot;
  const runs = snapshot.runs.map(({ id, settings, fork }, index) => {
    if (fork === undefined) return { index, id, settings };
    const { of, acceptChangedCorpus } = fork;
    return { index, id, settings, fork: { of, acceptChangedCorpus, parent: path.resolve(folder, fork.parent) } };
  });
  const baseDir = path.resolve(folder, snapshot.baseDir);
  let secrets: Promise<unknown> | undefined;

  const load = async (index: number): Promise<LoadedConfig> => {
    const run = runs[index];
    if (run === undefined) throw runNotPlanned(name, index, runs.length);
    secrets ??= presentValues(snapshot, folder);
    const { fork } = snapshot.runs[index]!;
    if (fork !== undefined) return forkConfig(fork, root, path.resolve(folder, fork.baseDir), await secrets);
    const values = withSecretsOf(snapshot.values, await secrets) as Readonly<Record<string, unknown>>;
    const source = `sweep ${name}`;
    const base = configBase([{ values, source }], { cwd: baseDir, file: undefined, baseDir });
    const label = `${name} ${labelOf(run.settings, keys)}`.slice(0, 128);
    const own = { values: { name: label, runs: root }, source };
    const loaded = base.resolve([...layersOf(run.settings, source), own]);
    return { ...loaded, sources: { ...loaded.sources, ...withoutKeys(snapshot.sources, run.settings) } };
  };
  return { name, keys, notes, runs, root, folder, file, load };
}

/** A fork's own config, checked, with its secrets. */
function forkConfig({ config, sources }: Fork, root: string, baseDir: string, secrets: unknown): LoadedConfig {
  const restored = withSecretsOf(config, secrets) as object;
  const checked = parseWith<Config>(configSchema, { ...restored, runs: root }, [], sources);
  return { config: deepFreeze(checked), sources, file: undefined, baseDir };
}

function withoutKeys(sources: Readonly<Record<string, string>>, settings: Settings): Record<string, string> {
  const set = Object.keys(settings);
  return Object.fromEntries(
    Object.entries(sources).filter(
      ([key]) => key !== "name" && key !== "runs" && !set.some((one) => key.startsWith(one)),
    ),
  );
}

/** The config as it is now, for its secrets alone; nothing is read where the snapshot needs none. */
async function presentValues({ values, runs, config }: Snapshot, folder: string): Promise<unknown> {
  if (!JSON.stringify([values, runs]).includes(secretMark)) return undefined;
  const file = config && path.resolve(folder, config);
  const cwd = file ? path.dirname(file) : folder;
  return (await openConfig({ cwd, file, env: process.env })).values();
}
