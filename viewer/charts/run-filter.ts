/** Searching the list of runs: words, and conditions on config values such as `lr>0.001` or `state:running`. */
import type { RunSummary } from "../api.ts";

type Values = Readonly<Record<string, unknown>>;

/** Whether a run fits a search text: every part of it must hold. `shared` are the config values that all runs have. */
export function fits(run: RunSummary, shared: Values, query: string): boolean {
  return query
    .trim()
    .split(/\s+/)
    .filter((part) => part !== "")
    .every((part) => holds(part, run, shared));
}

function holds(part: string, run: RunSummary, shared: Values): boolean {
  const condition = /^([\w.-]+)(<=|>=|!=|[:=<>])(.+)$/.exec(part);
  if (condition) {
    const [, name = "", operator = "", wanted = ""] = condition;
    const found = valuesOf(name, run, shared);
    if (found.length > 0) return found.some((value) => compare(value, operator, wanted));
  }
  const text = `${run.name} ${run.id} ${run.state} ${Object.values(run.config).join(" ")}`.toLowerCase();
  return text.includes(part.toLowerCase());
}

/** Values by a key's full name or by its end: `lr` finds `train.lr`. */
function valuesOf(name: string, run: RunSummary, shared: Values): unknown[] {
  const own: Values = {
    name: run.name,
    id: run.id,
    state: run.state,
    step: run.step,
    loss: run.loss,
    eval: run.evalLoss,
  };
  const all = { ...shared, ...run.config, ...own };
  const key = name.toLowerCase();
  return Object.entries(all)
    .filter(([one]) => one.toLowerCase() === key || one.toLowerCase().endsWith(`.${key}`))
    .map(([, value]) => value);
}

function compare(value: unknown, operator: string, wanted: string): boolean {
  const number = Number(wanted);
  const both = typeof value === "number" && !Number.isNaN(number);
  switch (operator) {
    case "<":
      return both && value < number;
    case ">":
      return both && value > number;
    case "<=":
      return both && value <= number;
    case ">=":
      return both && value >= number;
    case "=":
      return both ? value === number : String(value).toLowerCase() === wanted.toLowerCase();
    case "!=":
      return both ? value !== number : String(value).toLowerCase() !== wanted.toLowerCase();
    default:
      return both ? value === number : String(value).toLowerCase().includes(wanted.toLowerCase());
  }
}

/** A run's value in a column of the list. */
export function columnValue(run: RunSummary, column: string): unknown {
  switch (column) {
    case "name":
      return run.name.toLowerCase();
    case "state":
      return run.state;
    case "step":
      return run.step;
    case "loss":
      return run.loss;
    case "eval":
      return run.evalLoss;
    case "created":
      return run.createdAt;
    default:
      return run.config[column.replace(/^config\./, "")];
  }
}

/** Runs in the order of a column (`-` before it: descending); runs without a value come last. */
export function sorted(runs: readonly RunSummary[], sort: string): RunSummary[] {
  const down = sort.startsWith("-") ? -1 : 1;
  const column = sort.replace(/^-/, "");
  const keyed = runs.map((run) => ({ run, key: columnValue(run, column) }));
  keyed.sort((a, b) => {
    const [left, right] = [a.key, b.key];
    if (left == null || right == null) return left == null ? (right == null ? 0 : 1) : -1;
    if (typeof left === "number" && typeof right === "number") return down * (left - right);
    // Numbers before words (NaN and the like) whichever way.
    if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
    return down * String(left).localeCompare(String(right), undefined, { numeric: true });
  });
  return keyed.map(({ run }) => run);
}
