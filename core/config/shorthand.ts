/**
 * Keys that may be written in a shorter way, and the map that each stands for. Plugins are chosen by one name, a list of
 * names, or a map from name to options; the engine by its name or a map.
 */
import { pluginKinds } from "../contract/plugin.ts";

/** Plugin name (or path) to its options, in config order. */
export type PluginOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** One entry of the map: options, `true` or nothing for the plugin's defaults, `false` to leave it out. */
type PluginEntry = Record<string, unknown> | boolean | null;

/** What a user may write. */
export type PluginChoice = string | readonly (string | Record<string, PluginEntry>)[] | Record<string, PluginEntry>;

/** The keys that choose plugins, and how many each takes. */
export const pluginKeys: ReadonlyMap<string, "one" | "many"> = new Map(
  Object.values(pluginKinds).map(({ key, takes }) => [key, takes]),
);

/** The map that a choice stands for, entries that are `false` still in it; `undefined` if it is not a choice at all. */
export function pluginMap(choice: unknown): Map<string, unknown> | undefined {
  if (choice === false) return new Map();
  if (typeof choice === "string") return new Map([[choice, {}]]);
  if (isPlainObject(choice)) return new Map(Object.entries(choice));
  if (!Array.isArray(choice)) return undefined;
  const map = new Map<string, unknown>();
  for (const item of choice) {
    if (typeof item !== "string" && !isPlainObject(item)) return undefined;
    for (const [name, entry] of pluginMap(item) ?? []) map.set(name, entry);
  }
  return map;
}

/** Whether an entry says no more than "with its defaults". */
export function isBare(entry: unknown): boolean {
  return entry === true || entry === null || entry === undefined;
}

/** The map as a plain object, without what is left out; anything that is no choice comes back as it is, to be refused. */
export function normalisedChoice(choice: unknown): unknown {
  const map = pluginMap(choice);
  if (map === undefined) return choice;
  const chosen = [...map].filter(([, entry]) => entry !== false);
  return Object.fromEntries(chosen.map(([name, entry]) => [name, isBare(entry) ? {} : entry]));
}

/** Whether a value is an object that config merges key by key: made by a literal, a parser or `Object.create(null)`. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** `engine: wasm` stands for `engine: { name: wasm }`. */
export function engineMap(engine: unknown): unknown {
  return typeof engine === "string" ? { name: engine } : engine;
}
