/** The resolved config of a run: flags over environment over file over defaults, with where each value came from. */
import { existsSync } from "node:fs";
import path from "node:path";
import { configNotFound, unknownKey } from "../errors/errors.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { readEnvironment } from "./environment.ts";
import { type FoundConfig, findConfig, movedPath, readLayers } from "./files.ts";
import { type Flags, flagLayers } from "./flags.ts";
import { formatKeyPath } from "./key-path.ts";
import { listKeys } from "./keys.ts";
import { leavesOf } from "./leaves.ts";
import { configError, valueAt } from "./problems.ts";
import { type Config, configSchema } from "./schema.ts";
import { pluginKeys, pluginMap } from "./shorthand.ts";
import { byDefault, sourceName } from "./source.ts";
import { ConfigTree, type Layer } from "./tree.ts";

/** Where a config is looked for and what overrides it. */
export interface ConfigRequest {
  readonly cwd: string;
  /** A config file, relative to `cwd`; when left out, one is searched for. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags?: Flags;
}

export interface LoadedConfig {
  /** Frozen, deep. */
  readonly config: Config;
  /** Key path of each leaf and plugin to `default`, `flag --lr`, `EXPERIMENT_TRAIN__LR`, or a file relative to `baseDir`. */
  readonly sources: Readonly<Record<string, string>>;
  /** The config file, absolute; `undefined` when there is none. */
  readonly file: string | undefined;
  /** Relative paths in the config start here: the folder of the config file, or `cwd`. */
  readonly baseDir: string;
  /** What its user may not expect, a line each: no file was found, variables that look like ours and are not. */
  readonly notes?: readonly string[];
}

/** A config before its last layers: read once, resolved as often as there are runs that differ from it in a few keys. */
export interface ConfigBase extends Pick<LoadedConfig, "file" | "baseDir"> {
  /** What all layers say, merged and not yet checked: defaults are not in it. */
  values(): Readonly<Record<string, unknown>>;
  /** Folder of the run directories, absolute; what is no path is left for `config` to refuse. */
  runsFolder(): string;
  /** The checked config with further layers over the others. Throws `config.invalid` with every fault, a line each. */
  config(more?: readonly Layer[]): Config;
  /** The same with where each value came from. */
  resolve(more?: readonly Layer[]): LoadedConfig;
}

/** Loads and checks the config. Every fault of it is in the one error that is thrown, a line each. */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  return (await openConfig(request)).resolve();
}

/** Reads all layers of a config. */
export async function openConfig(request: ConfigRequest): Promise<ConfigBase> {
  const { cwd, file: asked, env, flags = {} } = request;
  refuseUnknown("loadConfig", request, ["cwd", "file", "env", "flags"]);
  refuseUnknown("loadConfig: flags", flags, ["set", "short"]);
  const { file, above }: FoundConfig = asked === undefined ? await findConfig(cwd) : { file: path.resolve(cwd, asked) };
  if (asked !== undefined && !existsSync(path.resolve(cwd, asked))) throw configNotFound("--config", asked);
  const baseDir = file === undefined ? cwd : path.dirname(file);
  const where = whereFrom(cwd);

  const ran: string[] = [];
  const onCode = (code: string, importer: string) =>
    ran.push(`${where(importer)} imports ${where(code)}: code, which was run`);
  const layers = file === undefined ? [] : await readLayers(file, { baseDir, where, onCode });
  const fromHere = { joinsDefaults: true, pluginName: (name: string) => movedPath(name, cwd, baseDir) };
  const chosen = (keyPath: string) => {
    const choice = valueAt(treeOf(layers, where).values(), keyPath.split(".")) ?? pluginDefaults[keyPath];
    return [...(pluginMap(choice)?.keys() ?? [])];
  };
  const { layers: environment, notes } = await readEnvironment(env, configSchema, chosen);
  const given = [...environment, ...(await flagLayers(flags, configSchema))];
  const told = [
    ...new Set(ran),
    ...(asked === undefined && file === undefined ? [nothingFound(cwd, above)] : []),
    ...notes,
  ];
  const all = [...layers, ...given.map((layer) => ({ ...layer, ...fromHere }))];
  return configBase(all, { cwd, file, baseDir, notes: told });
}

function nothingFound(cwd: string, above: string | undefined): string {
  const none = "no config file here: the defaults hold";
  if (above === undefined) return `${none} (\`experiment init\` writes one)`;
  const shown = path.relative(cwd, above);
  return `${none}. ${shown} lies above this folder's package.json: --config ${shown} takes it`;
}

/** A base of layers that have been read already. */
export function configBase(
  layers: readonly Layer[],
  { cwd, file, baseDir, notes = [] }: Pick<LoadedConfig, "file" | "baseDir" | "notes"> & { readonly cwd: string },
): ConfigBase {
  const where = whereFrom(cwd);
  const config = (tree: ConfigTree) => checkedConfig(tree, where, cwd);
  return {
    file,
    baseDir,
    values: () => treeOf(layers, where).values(),
    runsFolder: () => {
      const tree = treeOf(layers, where);
      const { runs } = tree.values();
      const isOfFile = path.isAbsolute(tree.sourceOf(["runs"])) || runs === undefined;
      return path.resolve(isOfFile ? baseDir : cwd, typeof runs === "string" ? runs : "runs");
    },
    config: (more = []) => config(treeOf([...layers, ...more], where)),
    resolve: (more = []) => {
      const tree = treeOf([...layers, ...more], where);
      const resolved = config(tree);
      return { config: resolved, sources: sourcesOf(resolved, tree, baseDir), file, baseDir, notes };
    },
  };
}

function treeOf(layers: readonly Layer[], where: (source: string) => string): ConfigTree {
  const tree = new ConfigTree(pluginDefaults, where);
  for (const layer of layers) tree.add(layer);
  return tree;
}

/** What an error calls a source. */
function whereFrom(cwd: string): (source: string) => string {
  return (source) => (source === byDefault ? "" : sourceName(source, cwd).replace(/^flag /, ""));
}

function sourcesOf(config: Config, tree: ConfigTree, baseDir: string): LoadedConfig["sources"] {
  const plugins = [...pluginKeys.keys()].flatMap((keyPath) => {
    const choice = keyPath.split(".");
    return Object.keys(valueAt(config, choice) ?? {}).map((name) => [...choice, name]);
  });
  const sources = [...plugins, ...leavesOf(config).map((leaf) => leaf.path)].map((at) => {
    return [formatKeyPath(at), sourceName(tree.sourceOf(at), baseDir)];
  });
  return deepFreeze(Object.fromEntries(sources));
}

/** Plugins that are chosen when nobody chooses, by key path. */
const pluginDefaults = Object.fromEntries(
  listKeys(configSchema)
    .map((key) => [formatKeyPath(key.path), key.default] as const)
    .filter(([keyPath, chosen]) => pluginKeys.has(keyPath) && chosen !== undefined),
);

/** What types refuse, also where there are none: a key that nothing reads. */
function refuseUnknown(where: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw unknownKey(where, unknown, known);
}

function checkedConfig(tree: ConfigTree, where: (source: string) => string, cwd: string): Config {
  const input = tree.values();
  const runs = tree.sourceOf(["runs"]);
  const isTyped = runs !== byDefault && !path.isAbsolute(runs);
  if (isTyped && typeof input.runs === "string") input.runs = path.resolve(cwd, input.runs);
  const result = configSchema.safeParse(input);
  if (result.success && tree.problems.length === 0) return deepFreeze(result.data);
  const checked = {
    schema: configSchema,
    input,
    at: [],
    where: (keyPath: readonly PropertyKey[]) => where(tree.sourceOf(keyPath)),
  };
  throw configError(result.error?.issues ?? [], checked, tree.problems);
}
