/** A config while it is put together: every value with where it came from, later layers over earlier ones. */
import { type ExperimentError, unknownKey } from "../errors/errors.ts";
import { formatKeyPath } from "./key-path.ts";
import { engineMap, isBare, isPlainObject, pluginKeys, pluginMap } from "./shorthand.ts";
import { byDefault } from "./source.ts";

/** A value that later layers replace whole. */
interface Leaf {
  readonly value: unknown;
  readonly source: string;
}

/** A map that later layers merge into. Held as a Map, so that no key can reach a prototype. */
interface Branch {
  readonly children: Map<string, Node>;
  readonly source: string;
}

type Node = Leaf | Branch;

/** One layer: what it says and where that came from. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly source: string;
  /** Whether plugins named by it join the defaults when no earlier layer chose any; a file's choice replaces them. */
  readonly joinsDefaults?: boolean;
  /** What a plugin's name in this layer means elsewhere; for paths that are relative to a file. */
  readonly pluginName?: (name: string) => string;
}

const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The tree of all layers, merged in the order that they are added. */
export class ConfigTree {
  /** Keys that no config may have, found while merging and left out. */
  readonly problems: ExperimentError[] = [];
  readonly #root: Branch = { children: new Map(), source: byDefault };
  readonly #defaults: Readonly<Record<string, unknown>>;
  readonly #where: (source: string) => string;

  /** `defaults`: by key path, the plugins that are chosen when nobody does. `where`: what an error calls a source. */
  constructor(defaults: Readonly<Record<string, unknown>>, where: (source: string) => string) {
    this.#defaults = defaults;
    this.#where = where;
  }

  add(layer: Layer): void {
    this.#merge(this.#root, [], layer.values, layer);
  }

  /** The merged values as plain objects. */
  values(): Record<string, unknown> {
    return plain(this.#root);
  }

  /** Where the value at a path came from; `default` when no layer set it. */
  sourceOf(path: readonly PropertyKey[]): string {
    let node: Node = this.#root;
    for (const segment of path) {
      if (!isBranch(node)) break;
      const child = node.children.get(String(segment));
      if (child === undefined) return byDefault;
      node = child;
    }
    return node.source;
  }

  #merge(branch: Branch, path: readonly string[], values: Readonly<Record<string, unknown>>, layer: Layer): void {
    for (const [key, value] of Object.entries(values)) {
      const at = [...path, key];
      if (forbidden.has(key)) this.#refuse(path, key, layer);
      else if (pluginKeys.has(formatKeyPath(at))) this.#choose(branch, at, value, layer);
      else if (value === null && !isInsidePlugin(path)) branch.children.delete(key);
      else this.#set(branch, at, formatKeyPath(at) === "engine" ? engineMap(value) : value, layer);
    }
  }

  #set(branch: Branch, path: readonly string[], value: unknown, layer: Layer): void {
    const key = path.at(-1) ?? "";
    if (!isPlainObject(value)) branch.children.set(key, { value, source: layer.source });
    else this.#merge(branchAt(branch, key, layer.source), path, value, layer);
  }

  /** A map of plugins merges; a list or a name replaces what earlier layers chose. */
  #choose(parent: Branch, path: readonly string[], value: unknown, layer: Layer): void {
    const key = path.at(-1) ?? "";
    const chosen = value === null ? undefined : pluginMap(value);
    if (chosen === undefined) {
      parent.children.delete(key);
      if (value !== null) parent.children.set(key, { value, source: layer.source });
      return;
    }
    if (!isPlainObject(value)) parent.children.delete(key);
    else if (layer.joinsDefaults && !parent.children.has(key)) {
      this.#choose(parent, path, this.#defaults[formatKeyPath(path)], { values: {}, source: byDefault });
    }
    const branch = branchAt(parent, key, layer.source);
    const named = new Map([...chosen].map(([name, entry]) => [layer.pluginName?.(name) ?? name, entry]));
    const only = pluginKeys.get(formatKeyPath(path)) === "one";
    if (only && ![...branch.children.keys()].some((name) => named.has(name))) branch.children.clear();
    for (const [name, entry] of named) this.#enable(branch, [...path, name], entry, layer);
  }

  #enable(branch: Branch, path: readonly string[], entry: unknown, layer: Layer): void {
    const name = path.at(-1) ?? "";
    if (forbidden.has(name)) this.#refuse(path.slice(0, -1), name, layer);
    else if (entry === false) branch.children.delete(name);
    else this.#set(branch, path, isBare(entry) ? {} : entry, layer);
  }

  #refuse(path: readonly string[], key: string, layer: Layer): void {
    this.problems.push(
      unknownKey([this.#where(layer.source), formatKeyPath(path)].filter(Boolean).join(": "), key, []),
    );
  }
}

function isBranch(node: Node): node is Branch {
  return "children" in node;
}

function isInsidePlugin(path: readonly string[]): boolean {
  return path.some((_, i) => pluginKeys.has(formatKeyPath(path.slice(0, i))));
}

function branchAt(parent: Branch, key: string, source: string): Branch {
  const present = parent.children.get(key);
  if (present !== undefined && isBranch(present)) return present;
  const branch: Branch = { children: new Map(), source };
  parent.children.set(key, branch);
  return branch;
}

function plain(branch: Branch): Record<string, unknown> {
  return Object.fromEntries(
    [...branch.children].map(([key, node]) => [key, isBranch(node) ? plain(node) : copied(node.value)]),
  );
}

/** Lists of a config module are copied, so that freezing the config leaves the module's own alone. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
}
