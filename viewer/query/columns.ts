/** Columns of the table of runs: what is known of every run, config keys, and numbers of metrics. */
import type { Reduction } from "../columns.ts";

/** A metric's number: `eval/loss` is its last, `min(eval/loss)`, `max(eval/loss)`, `eval/loss@500` at a step. */
export interface Column {
  readonly id: string;
  readonly metric: string;
  readonly of: Reduction;
  readonly step: number;
}

/** The metric column that a name means; undefined when it is no metric's. */
export function columnNamed(name: string): Column | undefined {
  const reduced = /^(last|min|max)\(([^()]+)\)$/.exec(name);
  const at = /^([^@()]+)@(\d+)$/.exec(name);
  const metric = reduced?.[2] ?? at?.[1] ?? name;
  if (!metric.includes("/")) return undefined;
  const of = (reduced?.[1] as "last" | "min" | "max" | undefined) ?? (at ? "at" : "last");
  return columnOf(metric, of, at ? Number(at[2]) : 0);
}

export function columnOf(metric: string, of: Reduction, step: number): Column {
  const id = of === "last" ? metric : of === "at" ? `${metric}@${step}` : `${of}(${metric})`;
  return { id, metric, of, step: of === "at" ? step : 0 };
}
