/** What one line of a chart of many runs stands for: a run, or a group of runs with the same values of some config keys. */
import { brief } from "./format.ts";

type Values = Readonly<Record<string, unknown>>;

export interface Subject {
  /** The run's id, or the group's values: `train.lr=0.001`. */
  readonly key: string;
  readonly label: string;
  /** Places of its runs among the shown ones. */
  readonly runs: readonly number[];
}

/** Keys that name a run or repeat it, and do not say what was varied. */
const repeats = /(^|\.)(name|seed|order|run|id)$/;
/** More groups than this are no summary. */
const mostGroups = 40;

/** Config keys whose values are not the same in all runs, in order of appearance. */
export function differingKeys(configs: readonly Values[]): string[] {
  const keys = [...new Set(configs.flatMap((config) => Object.keys(config)))];
  return keys.filter((key) => new Set(configs.map((config) => spelled(config[key]))).size > 1);
}

/** The keys that a sweep varied: those by which runs fall into groups of two or more on average; none when they do not. */
export function sweptKeys(configs: readonly Values[]): string[] {
  if (configs.length < 4) return [];
  const keys = differingKeys(configs).filter((key) => !repeats.test(key) && !/^(sinks|runs)\b/.test(key));
  const counted = keys.filter(
    (key) => new Set(configs.map((config) => spelled(config[key]))).size <= configs.length / 2,
  );
  const groups = new Set(configs.map((config) => keyOf(config, counted))).size;
  return groups > 1 && groups <= mostGroups && configs.length / groups >= 2 ? counted : [];
}

/** Runs in groups of equal values of `by`, in the order of those values; without keys, each run by itself. */
export function subjectsOf(
  runs: readonly { readonly id: string; readonly label: string }[],
  configs: readonly Values[],
  by: readonly string[],
): readonly Subject[] {
  if (by.length === 0) return runs.map(({ id, label }, i) => ({ key: id, label, runs: [i] }));
  const groups = new Map<string, number[]>();
  for (const [i, config] of configs.entries()) {
    const key = keyOf(config, by);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const config = (of: readonly number[]) => configs[of[0]!]!;
  return [...groups]
    .sort(([, a], [, b]) => order(config(a), config(b), by))
    .map(([key, of]) => ({
      key,
      runs: of,
      label: by.map((one) => named(one, config(of)[one], by.length)).join(" · "),
    }));
}

/** A group's value of a key where its runs agree on it; undefined elsewhere. */
export function sharedValue({ runs }: Subject, configs: readonly Values[], key: string): unknown {
  const first = configs[runs[0] ?? -1]?.[key];
  return runs.every((run) => configs[run]?.[key] === first) ? first : undefined;
}

function keyOf(config: Values, by: readonly string[]): string {
  return by.map((key) => `${key}=${spelled(config[key])}`).join(" ");
}

function named(key: string, value: unknown, count: number): string {
  const short = count > 1 ? key.slice(key.lastIndexOf(".") + 1) : key;
  return `${short} ${value === undefined ? "–" : typeof value === "number" ? brief(value) : String(value)}`;
}

function spelled(value: unknown): string {
  return value === undefined ? "" : String(value);
}

function order(a: Values, b: Values, by: readonly string[]): number {
  for (const key of by) {
    const [left, right] = [a[key], b[key]];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return left - right;
    return spelled(left).localeCompare(spelled(right), undefined, { numeric: true });
  }
  return 0;
}
