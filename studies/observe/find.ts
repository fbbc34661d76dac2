/** From paths to checkpoints: what each is, at which step, in the order of steps. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { manifestFile } from "../../core/checkpoint/manifest.ts";
import type { Config } from "../../core/config/schema.ts";
import {
  damagedWeights,
  invalidValue,
  noCheckpointIn,
  reasonOf,
  sameStep,
  unknownStep,
} from "../../core/errors/errors.ts";
import { readRegularText } from "../../core/files/regular-file.ts";
import { files } from "../../core/record/format.ts";

/** A folder with the parameters of one step. */
export interface Found {
  readonly path: string;
  /** `own`: a checkpoint of a run of ours. `hub`: a folder as Hugging Face lays it out. */
  readonly kind: "own" | "hub";
  readonly step: number;
  readonly tokens?: number;
}

/** Finds every checkpoint that the paths name, ascending by step. Throws `usage` for a path without any. */
export function findCheckpoints({ paths, step_pattern }: Config["observe"], baseDir: string): Found[] {
  const pattern = patternOf(step_pattern);
  const found = paths.flatMap((given) => {
    const { path, ...own } = typeof given === "string" ? { path: given } : given;
    return foldersIn(resolve(baseDir, path)).map((folder) => ({ ...folder, ...own }));
  });
  const alone = found.length === 1;
  const dated = found.map(({ path, kind, ...given }): Found => {
    const step = given.step ?? (kind === "own" ? ownStep(path) : namedStep(path, pattern)) ?? (alone ? 0 : undefined);
    if (step === undefined) throw unknownStep(path, step_pattern);
    return { path, kind, step, ...("tokens" in given && given.tokens !== undefined && { tokens: given.tokens }) };
  });
  const sorted = dated.sort((a, b) => a.step - b.step);
  for (const [i, one] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before?.step === one.step) throw sameStep(one.step, before.path, one.path);
  }
  return sorted;
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch (thrown) {
    throw invalidValue("observe.step_pattern", "a regular expression", text, `${reasonOf(thrown)}.`);
  }
}

interface Folder {
  readonly path: string;
  readonly kind: Found["kind"];
  readonly step?: number;
}

/** The checkpoint that a folder is, or all that it holds: the checkpoints of a run, or folders of models. */
function foldersIn(path: string): Folder[] {
  const kind = kindOf(path);
  if (kind !== undefined) return [{ path, kind }];
  if (existsSync(join(path, files.run))) {
    const own = listCheckpoints(path).map(({ path, step }): Folder => ({ path, kind: "own", step }));
    if (own.length > 0) return own;
  }
  const inside = isFolder(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  const folders = inside.flatMap((one): Folder[] => {
    const kind = kindOf(one);
    return kind === undefined ? [] : [{ path: one, kind }];
  });
  if (folders.length === 0) throw noCheckpointIn(path, existsSync(path));
  return folders;
}

function kindOf(path: string): Found["kind"] | undefined {
  if (existsSync(join(path, manifestFile))) return "own";
  return existsSync(join(path, "config.json")) ? "hub" : undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function namedStep(path: string, pattern: RegExp): number | undefined {
  const groups = pattern.exec(basename(path))?.slice(1) ?? [];
  const digits = groups.find((group) => group !== undefined);
  const step = Number(digits);
  return digits !== undefined && Number.isSafeInteger(step) ? step : undefined;
}

/** A folder of ours may have been copied under another name. */
function ownStep(path: string): number | undefined {
  try {
    const { step } = JSON.parse(readRegularText(join(path, manifestFile), 16 << 20)) as { readonly step?: unknown };
    return typeof step === "number" ? step : undefined;
  } catch (thrown) {
    throw damagedWeights(join(path, manifestFile), reasonOf(thrown), thrown);
  }
}
