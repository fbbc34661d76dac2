/** The directions in which a plan's runs differ: each axis lists what a run may be set to, and the runs are their product. */
import { createRandom } from "../../core/arrays/random.ts";
import { formatKeyPath } from "../../core/config/key-path.ts";
import { isPlainObject } from "../../core/config/shorthand.ts";
import { invalidValue, unevenZip } from "../../core/errors/errors.ts";
import type { Plan } from "./plan.ts";
import { type Settings, segmentsOf, settingsOf } from "./settings.ts";

/** What runs may be set to in one direction. */
export type Axis = readonly Settings[];

/** The axes of a plan: one for each key of `grid`, one for `zip`, `list` and `random` each. `where` is for errors. */
export function axesOf(plan: Plan, where: string): Axis[] {
  const grid = listed(plan.grid, `${where}: grid`).map(([key, values]) => values.map((value) => ({ [key]: value })));
  const zip = plan.zip ? [zipped(listed(plan.zip, `${where}: zip`), `${where}: zip`)] : [];
  const list = plan.list ? [plan.list.map((entry, i) => settingsOf(entry, `${where}: list[${i}]`))] : [];
  const random = plan.random ? [drawn(plan.random, `${where}: random`)] : [];
  return [...grid, ...zip, ...list, ...random];
}

type Values = readonly (readonly [key: string, values: readonly unknown[]])[];

/** Keys with the values that they list, nested maps followed down to them. */
function listed(map: Readonly<Record<string, unknown>> | undefined, where: string): Values {
  return Object.entries(map ?? {}).flatMap(([key, value]): Values => {
    const path = segmentsOf(key, where);
    return below(path, value, where);
  });
}

function below(path: readonly string[], value: unknown, where: string): Values {
  if (isPlainObject(value) && !isRange(value)) {
    return Object.entries(value).flatMap(([key, child]) => below([...path, key], child, where));
  }
  const key = formatKeyPath(path);
  return [[key, valuesOf(value, `${where}: ${key}`)]];
}

/** The values that a list, a range or a single value stands for. Throws `config.invalid`. */
export function valuesOf(value: unknown, where: string): readonly unknown[] {
  if (isPlainObject(value)) return range(value, where);
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw invalidValue(where, "a list of values, or { from, to }", value);
  return values;
}

function isRange(value: Readonly<Record<string, unknown>>): boolean {
  return "from" in value || "to" in value;
}

const rangeWords = "{ from, to }, { from, to, step }, or { from, to, count, log }";
/** Most values that one range may have. */
const longest = 1_000_000;

function range(value: Readonly<Record<string, unknown>>, where: string): readonly number[] {
  const { from, to, step, count, log, ...rest } = value;
  const numbers = [from, to, step ?? 1, count ?? 2].every((one) => typeof one === "number" && Number.isFinite(one));
  const strange = Object.keys(rest).length > 0 || (step !== undefined && (count !== undefined || log !== undefined));
  if (!numbers || strange || (log !== undefined && log !== true)) throw invalidValue(where, rangeWords, value);
  const [first, last] = [from as number, to as number];
  if (count === undefined && log === true) throw invalidValue(where, "a `count` beside `log`", value);
  if (count !== undefined) return spread(first, last, count as number, log === true, where, value);
  const by = (step ?? 1) as number;
  const length = Math.floor((last - first) / by + 1e-9) + 1;
  if (!(by !== 0 && length >= 1 && length <= longest))
    throw invalidValue(where, "a range that leads from `from` to `to`", value);
  return Array.from({ length }, (_, i) => rounded(first + i * by));
}

function spread(from: number, to: number, count: number, log: boolean, where: string, given: unknown): number[] {
  if (!Number.isInteger(count) || count < 2 || count > longest)
    throw invalidValue(where, "a whole `count` >= 2", given);
  if (log && !(from > 0 && to > 0)) throw invalidValue(where, "`from` and `to` > 0 with `log`", given);
  const at = (share: number) => (log ? from * (to / from) ** share : from + share * (to - from));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? to : rounded(at(i / (count - 1)))));
}

/** Without the last bits' noise, which would show in names: 0.3 for 0.1 + 0.2. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

function zipped(keys: Values, where: string): Axis {
  const length = keys[0]?.[1].length ?? 0;
  const uneven = keys.find(([, values]) => values.length !== length);
  if (uneven) throw unevenZip(where, keys[0]![0], length, uneven[0], uneven[1].length);
  return Array.from({ length }, (_, i) => Object.fromEntries(keys.map(([key, values]) => [key, values[i]])));
}

/** Draw i of a key depends on nothing but the seed, the key and i: more draws, or another key, change none of the others. */
function drawn({ count, seed, keys }: NonNullable<Plan["random"]>, where: string): Axis {
  const draws = Object.entries(keys).map(([key, spec]) => {
    const path = formatKeyPath(segmentsOf(key, where));
    return [path, distribution(spec, `${where}: ${path}`)] as const;
  });
  return Array.from({ length: count }, (_, i) => {
    return Object.fromEntries(draws.map(([key, draw]) => [key, draw(createRandom(seed, `sweep ${key} ${i}`).next())]));
  });
}

const distributionWords = "{ uniform: [a, b] }, { log-uniform: [a, b] }, { integer: [a, b] } or { choice: [...] }";

/** From a number in [0, 1) to a value; numbers have four significant digits, which is what names show. */
function distribution(spec: unknown, where: string): (u: number) => unknown {
  const [name, given, ...more] = isPlainObject(spec) ? Object.entries(spec).flat() : [];
  if (name === "choice" && Array.isArray(given) && given.length > 0 && more.length === 0) {
    return (u) => given[Math.floor(u * given.length)];
  }
  const [a, b] = Array.isArray(given) && given.length === 2 && more.length === 0 ? given : [];
  if (typeof a !== "number" || typeof b !== "number" || !(a < b)) throw invalidValue(where, distributionWords, spec);
  const short = (value: number) => Number(value.toPrecision(4));
  if (name === "uniform") return (u) => short(a + u * (b - a));
  if (name === "log-uniform" && a > 0) return (u) => short(a * (b / a) ** u);
  if (name === "integer" && Number.isInteger(a) && Number.isInteger(b)) return (u) => a + Math.floor(u * (b - a + 1));
  throw invalidValue(where, distributionWords, spec);
}
