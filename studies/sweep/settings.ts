/** What one run of a sweep changes: key paths of the config to values. */
import { formatKeyPath, parseAssignment } from "../../core/config/key-path.ts";
import { leavesOf } from "../../core/config/leaves.ts";
import { isPlainObject } from "../../core/config/shorthand.ts";
import { nested } from "../../core/config/text-value.ts";
import type { Layer } from "../../core/config/tree.ts";
import { invalidSweepKey } from "../../core/errors/errors.ts";

/** Key path, as people write it, to its value. */
export type Settings = Readonly<Record<string, unknown>>;

/** The segments of a key as a plan writes it: `train.lr`, `analyzers["./my.ts"].every`. Throws `config.invalid`. */
export function segmentsOf(key: string, where: string): readonly string[] {
  const path = parseAssignment(`${key}=`)?.path;
  if (path === undefined || ownKeys.has(path[0]!)) throw invalidSweepKey(where, key);
  return path;
}

/** Keys that a sweep sets itself. */
const ownKeys: ReadonlySet<string> = new Set(["name", "runs"]);

/** A map as a person writes it, dotted or nested, with every leaf under its whole key path. */
export function settingsOf(map: Readonly<Record<string, unknown>>, where: string): Settings {
  const settings = Object.entries(map).flatMap(([key, value]) => {
    const path = segmentsOf(key, where);
    if (!isPlainObject(value)) return [[formatKeyPath(path), value] as const];
    return leavesOf(value, path).map((leaf) => [leaf.keyPath, leaf.value] as const);
  });
  return Object.fromEntries(settings);
}

/** The settings as layers of a config. */
export function layersOf(settings: Settings, source: string): Layer[] {
  return Object.entries(settings).map(([key, value]) => {
    return { values: nested(segmentsOf(key, source), value), source, joinsDefaults: true };
  });
}

/** `lr=0.001 seed=3`: keys by their last segments where that leaves no doubt among `keys`. */
export function labelOf(settings: Settings, keys: readonly string[]): string {
  return keys
    .filter((key) => key in settings)
    .map((key) => `${shortKey(key, keys)}=${valueText(settings[key])}`)
    .join(" ");
}

/** The last segment of a key path, or all of it where another key ends in the same. */
export function shortKey(key: string, keys: readonly string[]): string {
  const last = (one: string) => segmentsOf(one, "").at(-1)!;
  return keys.filter((other) => last(other) === last(key)).length > 1 ? key : last(key);
}

/** A value on one line: texts as they are, all else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

/** What runs share that differ in their seed alone, as a label: `lr=0.001`; empty where nothing else varies. */
export function groupOf(settings: Settings, keys: readonly string[]): string {
  return labelOf(
    settings,
    keys.filter((key) => key !== "seed"),
  );
}
