/**
 * What of a run directory is followed. Directories are shared, so that run.json may be a stranger's: the code, addresses and
 * folders that it names are orders, and only the user gives orders. They do so by having made the run (its seal is theirs),
 * by their own config saying the same, or by `--trust`.
 */
import path from "node:path";
import { formatKeyPath } from "../config/key-path.ts";
import type { LoadedConfig } from "../config/load.ts";
import { pluginMap } from "../config/shorthand.ts";
import { configuredKinds, type PluginKind, pluginKinds } from "../contract/plugin.ts";
import { runUntrusted } from "../errors/errors.ts";
import type { PluginTable } from "../host/registry.ts";
import type { RunFile } from "../record/format.ts";
import { isSealed, sealOf } from "../record/seal.ts";

/** What the user says about a run directory. */
export interface Word {
  /** They vouch for all of it: `--trust`. */
  readonly trust?: boolean | undefined;
  /** The config that holds where they are; undefined when it cannot be read. */
  readonly present?: LoadedConfig | undefined;
}

/** A recorded config that may be followed. */
export interface Vouched {
  /** Config as recorded, without its secrets; unchecked. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Where its relative paths start: the run's own folder, or for a stranger's run the user's project. */
  readonly baseDir: string;
  /** Whether the user vouches for the whole directory; else only for what their own config says too. */
  readonly whole: boolean;
}

/** What a seal on run.json covers: all that is followed. */
function orders({ baseDir, config, plugins = [] }: Pick<RunFile, "baseDir" | "config" | "plugins">): unknown {
  return { baseDir, plugins, config };
}

/** run.json with the seal of this user on it. */
export function sealedRun(run: RunFile): RunFile {
  const { seal: _, ...rest } = run;
  const seal = sealOf(orders(rest));
  return seal === undefined ? rest : { ...rest, seal };
}

/** Whether this user made the run. */
export function isOwnRun(run: RunFile): boolean {
  return isSealed(orders(run), run.seal);
}

const kinds: readonly PluginKind[] = configuredKinds;
const pathOf = (kind: PluginKind) => pluginKinds[kind].key.split(".");

/**
 * The recorded config of a run, as far as the `wanted` kinds of plugins go, when all that it orders is the user's word. Throws
 * `run.untrusted` with each order that is not.
 */
export function vouched(run: RunFile, word: Word, table: PluginTable, wanted: readonly PluginKind[] = kinds): Vouched {
  const { config } = run;
  if (word.trust || isOwnRun(run)) return { config, baseDir: run.baseDir, whole: true };
  const { present } = word;
  const project = present?.baseDir ?? path.resolve();
  const open = [
    ...wanted.flatMap((kind) => codeIn(kind, config, present?.config, table)),
    ...placesIn(withoutOthers(config, wanted), present?.config, project),
  ];
  if (open.length > 0) throw runUntrusted(run.id, open);
  const runs = path.resolve(project, present?.config.runs ?? "runs");
  return { config: { ...config, runs }, baseDir: project, whole: false };
}

interface Order {
  readonly keyPath: string;
  readonly what: string;
}

/** Plugins that are neither built in nor named by the user's own config. */
function codeIn(kind: PluginKind, config: unknown, own: unknown, table: PluginTable): Order[] {
  const section = pathOf(kind);
  const known = chosenAt(own, section);
  return chosenAt(config, section)
    .filter((name) => !Object.hasOwn(table[kind], name) && !known.includes(name))
    .map((name) => ({ keyPath: formatKeyPath([...section, name]), what: `code: ${kind} \`${name}\`` }));
}

/** Plugins that stand at a key, in each of the forms that a config takes. */
function chosenAt(config: unknown, at: readonly string[]): string[] {
  return [...(pluginMap(valueAt(config, at)) ?? new Map()).keys()];
}

/** The config without the plugins that are not to be used, and without what is no order. */
function withoutOthers(config: RunFile["config"], wanted: readonly PluginKind[]): unknown {
  const { runs: _, name: __, ...rest } = config;
  const left = kinds.filter((kind) => !wanted.includes(kind)).map((kind) => pluginKinds[kind].key);
  if (wanted.length === kinds.length) return rest;
  return Object.fromEntries(Object.entries(rest).filter(([key]) => !left.some((one) => one.split(".")[0] === key)));
}

/** Values that lead somewhere, and that the user's own config does not have at the same key. */
function placesIn(config: unknown, own: unknown, project: string): Order[] {
  return textsIn(config, []).flatMap(({ inner, value }) => {
    const mine = valueAt(own, inner);
    if (value === mine) return [];
    const key = inner.filter((segment) => !/^\d+$/.test(segment)).at(-1) ?? "";
    const what = isAddress(value)
      ? "an address"
      : leadsOutside(value, project)
        ? "a path outside of this project"
        : inner[0] === "sinks" && placeName.test(key)
          ? "where rows go"
          : undefined;
    const yours = mine === undefined ? "" : `, yours: \`${String(mine)}\``;
    return what === undefined ? [] : [{ keyPath: formatKeyPath(inner), what: `${what}: \`${value}\`${yours}` }];
  });
}

/** Names of options that say where a sink takes rows. */
const placeName =
  /(^|_)(url|uri|host|hostname|server|endpoint|address|port|proxy|entity|project|team|bucket|database|id|dir|folder|path|file|files)$/i;

/** Every text in a value, with its place. */
function textsIn(value: unknown, inner: readonly string[]): { inner: readonly string[]; value: string }[] {
  if (typeof value === "string") return [{ inner, value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => textsIn(child, [...inner, key]));
}

function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^\/\//.test(text);
}

/** Whether a path, or a glob by one of its alternatives, leaves the project. */
function leadsOutside(text: string, project: string): boolean {
  if (/^~|[{(|,]\s*(\/|~|\.\.)|(^|[/\\{(|,])\.\.([/\\})|,]|$)/.test(text)) return true;
  const relative = path.relative(project, path.resolve(project, text));
  return path.isAbsolute(text) && (relative.startsWith("..") || path.isAbsolute(relative));
}

function valueAt(value: unknown, at: readonly PropertyKey[]): unknown {
  return at.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
