/**
 * What of a run directory is followed. Directories are shared, so that run.json may be a stranger's: the code, addresses and
 * folders that it names are orders, and only the user gives orders. They do so by having made the run (its seal is theirs),
 * by their own config saying the same, or by `--trust`.
 */
import path from "node:path";
import { formatKeyPath } from "../config/key-path.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { PluginKind } from "../contract/plugin.ts";
import { runUntrusted } from "../errors/errors.ts";
import type { RunFile } from "../record/format.ts";
import { isSealed, sealOf } from "../record/seal.ts";
import type { PluginTable } from "./registry.ts";

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
function orders({ baseDir, config, plugins }: Pick<RunFile, "baseDir" | "config" | "plugins">): unknown {
  const { sinks, analyzers, data, runs } = config as Record<string, unknown>;
  return { baseDir, plugins: plugins ?? null, sinks, analyzers, data, runs };
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

/** Parts of a config that name plugins. */
export const pluginSections: Readonly<Record<PluginKind, readonly string[]>> = {
  analyzer: ["analyzers"],
  sink: ["sinks"],
  corpus: ["data", "corpus"],
};

/**
 * The recorded config of a run, as far as the named `kinds` of plugins go, when all that it orders is the user's word. Throws
 * `run.untrusted` with each order that is not.
 */
export function vouched(
  run: RunFile,
  word: Word,
  table: PluginTable,
  kinds: readonly PluginKind[] = ["analyzer", "sink", "corpus"],
): Vouched {
  const { config } = run;
  if (word.trust || isOwnRun(run)) return { config, baseDir: run.baseDir, whole: true };
  const { present } = word;
  const project = present?.baseDir ?? path.resolve();
  const open = kinds.flatMap((kind) => {
    const section = pluginSections[kind];
    const own = recordAt(present?.config, section);
    return Object.entries(recordAt(config, section)).flatMap(([name, options]) => {
      const at = [...section, name];
      const code = Object.hasOwn(table[kind], name) || Object.hasOwn(own, name);
      return [
        ...(code ? [] : [{ keyPath: formatKeyPath(at), what: `code: ${kind} \`${name}\`` }]),
        ...ordersIn(kind, options, own[name], project, at),
      ];
    });
  });
  if (open.length > 0) throw runUntrusted(run.id, open);
  const runs = path.resolve(project, present?.config.runs ?? "runs");
  return { config: { ...config, runs }, baseDir: project, whole: false };
}

/** Options whose value leads somewhere, and that the user's own options do not have. */
function ordersIn(kind: PluginKind, options: unknown, own: unknown, project: string, at: readonly string[]) {
  return textsIn(options, []).flatMap(({ inner, value }) => {
    if (value === valueAt(own, inner)) return [];
    const key = inner.filter((segment) => !/^\d+$/.test(segment)).at(-1) ?? "";
    const what = isAddress(value)
      ? "an address"
      : leadsOutside(value, project)
        ? "a path outside of this project"
        : kind === "sink" && placeName.test(key)
          ? "where rows go"
          : undefined;
    const yours = valueAt(own, inner);
    const mine = yours === undefined ? "" : `, yours: \`${String(yours)}\``;
    return what === undefined
      ? []
      : [{ keyPath: formatKeyPath([...at, ...inner]), what: `${what}: \`${value}\`${mine}` }];
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

function recordAt(value: unknown, at: readonly string[]): Readonly<Record<string, unknown>> {
  const found = valueAt(value, at);
  return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
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
