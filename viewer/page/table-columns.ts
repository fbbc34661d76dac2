/** Columns of the table of runs: which, in what order, how wide; kept in this browser. */
import type { RunList, RunSummary } from "../api.ts";
import { type Column, columnNamed } from "../query/columns.ts";
import { remember, remembered } from "./memory.ts";

/** `state`, `step`, `loss`, `eval`, `created`, `tags`; `config.train.lr`; `metric.min(eval/loss)`. The name is always first. */
export type ColumnId = string;

export interface TableColumns {
  readonly ids: readonly ColumnId[];
  /** Pixels, where someone has set them. */
  readonly widths: Readonly<Record<ColumnId, number>>;
}

export const plainColumns: Readonly<Record<string, string>> = {
  state: "State",
  step: "Step",
  loss: "Train loss",
  eval: "Held-out loss",
  created: "Started",
  tags: "Tags",
  note: "Note",
};
const firstPlain = ["state", "step", "loss", "eval", "created"];
/** Config columns that are shown at first. */
const firstConfig = 5;

/** What someone has chosen, else what differs between the runs. */
export function tableColumns(list: RunList): TableColumns {
  try {
    const kept = JSON.parse(remembered("table") ?? "null") as TableColumns | null;
    if (kept && Array.isArray(kept.ids) && kept.ids.every((id) => typeof id === "string"))
      return { ids: kept.ids, widths: kept.widths ?? {} };
  } catch {
    // What is kept and not understood counts as nothing.
  }
  const tagged = list.runs.some(({ tags }) => tags.length > 0);
  const config = differing(list)
    .slice(0, firstConfig)
    .map((key) => `config.${key}`);
  return { ids: [...firstPlain, ...(tagged ? ["tags"] : []), ...config], widths: {} };
}

export function keepColumns(columns: TableColumns): void {
  remember("table", JSON.stringify(columns));
}

export function forgetColumns(): void {
  remember("table", "null");
}

/** Config keys whose values differ, without the name. */
export function differing(list: RunList): string[] {
  return [...new Set(list.runs.flatMap((run) => Object.keys(run.config)))].filter((key) => key !== "name");
}

export function columnTitle(id: ColumnId): string {
  return plainColumns[id] ?? id.replace(/^(config|metric)\./, "");
}

/** The metric that a column holds. */
export function metricOf(id: ColumnId): Column | undefined {
  return id.startsWith("metric.") ? columnNamed(id.slice("metric.".length)) : undefined;
}

/** A run's value in a column, for sorting and for showing. */
export function cellValue(
  run: RunSummary,
  id: ColumnId,
  metric: (column: Column, run: RunSummary) => unknown,
): unknown {
  const column = metricOf(id);
  if (column) return metric(column, run);
  switch (id) {
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
    case "tags":
      return run.tags.length > 0 ? run.tags.join(" ") : undefined;
    case "note":
      return run.note === "" ? undefined : run.note;
    default:
      return run.config[id.replace(/^config\./, "")];
  }
}

/** Runs in the order of a column (`-` before it: descending); runs without a value come last. */
export function sortedRuns(
  runs: readonly RunSummary[],
  sort: string,
  metric: (column: Column, run: RunSummary) => unknown,
): RunSummary[] {
  const down = sort.startsWith("-") ? -1 : 1;
  const id = sort.replace(/^-/, "");
  const keyed = runs.map((run) => ({ run, key: cellValue(run, id, metric) }));
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
