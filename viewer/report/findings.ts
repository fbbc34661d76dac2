/** What the figures say: one sentence a metric that matters, with its uncertainty; of groups, how they differ from the first. */
import type { RunDetail } from "../api.ts";
import { familyOf } from "../charts/metric-key.ts";
import type { MetricRanges } from "../charts/metric-range.ts";
import type { Subject } from "../charts/subjects.ts";
import { type GroupRow, groupRows } from "./groups.ts";
import type { Estimate, HeadlineRow } from "./headline.ts";
import { estimateText, intervalText } from "./numbers.ts";

export interface Finding {
  /** The metric without its layer, and the first sentence of what it means. */
  readonly metric: string;
  readonly meaning: string;
  readonly text: string;
}

/** Groups that a sentence sets against the first; the others stand in the table. */
const mostCompared = 3;
/** Of the trainer's own metrics the first on record speaks for how well the model does. */
const losses = ["eval/loss", "train/loss"];
const coreSections = ["train", "eval", "perf"];

/** The metrics (without layer) that matter: the loss, and of each analyzer the first that ever was anything but 0. */
export function leadingFamilies(rows: readonly HeadlineRow[]): readonly string[] {
  const telling = rows.filter(({ estimates }) => estimates.some((one) => one !== undefined && !isNothing(one.value)));
  const families = [...new Set(telling.map(({ key }) => familyOf(key)))];
  const section = (family: string) => family.slice(0, family.indexOf("/"));
  const others = families.filter((family) => !coreSections.includes(section(family)));
  const firsts = others.filter((family, i) => others.findIndex((one) => section(one) === section(family)) === i);
  return [...losses.filter((family) => families.includes(family)).slice(0, 1), ...firsts];
}

export function findings(
  rows: readonly HeadlineRow[],
  details: readonly RunDetail[],
  groups: readonly Subject[],
  ranges: MetricRanges,
): readonly Finding[] {
  const described = new Map(
    details.flatMap(({ metrics }) => metrics.map(({ key, description }) => [familyOf(key), description] as const)),
  );
  return leadingFamilies(rows).map((metric) => {
    const mine = rows.filter(({ key }) => familyOf(key) === metric);
    const text = groups.length > 0 ? ofGroups(metric, mine, groups, ranges) : ofRuns(mine, details);
    return { metric, meaning: firstSentence(described.get(metric) ?? ""), text };
  });
}

/** Layers are averaged within a run first: runs are what the interval is over. */
function ofGroups(
  metric: string,
  rows: readonly HeadlineRow[],
  groups: readonly Subject[],
  ranges: MetricRanges,
): string {
  const runs = rows[0]?.estimates.length ?? 0;
  const estimates = Array.from({ length: runs }, (_, run): Estimate | undefined => {
    const values = rows.flatMap(({ estimates: of }) => of[run]?.value ?? []).filter(Number.isFinite);
    return values.length < rows.length
      ? undefined
      : { value: values.reduce((sum, one) => sum + one, 0) / values.length, basis: "mean over layers" };
  });
  const row = groupRows([{ key: metric, estimates, differences: [] }], groups, ranges)[0]!;
  const [base, ...others] = groups;
  const compared = others.slice(0, mostCompared).map(({ label }, i) => `${comparison(row, i + 1)} at ${label}`);
  const left = others.length - compared.length;
  const over = rows.length > 1 ? `, mean over ${rows.length} layers` : "";
  return `${intervalText(row.cells[0]?.mean, row.cells[0]?.n)} at ${base?.label ?? ""}; ${compared.join("; ")}${left > 0 ? `; ${left} more groups in the table` : ""}${over}.`;
}

function comparison({ cells, differences }: GroupRow, i: number): string {
  const { value, low, high } = differences[i]!;
  const there = intervalText(cells[i]!.mean, cells[i]!.n);
  if (!Number.isFinite(value) || !Number.isFinite(low)) return there;
  if (low > 0) return `${there}, higher by ${intervalText({ value, low, high })},`;
  if (high < 0) return `${there}, lower by ${intervalText({ value: -value, low: -high, high: -low })},`;
  return `${there}, no difference shown (${intervalText({ value, low, high })}),`;
}

/** Of layers the first and the last. */
function ofRuns(rows: readonly HeadlineRow[], details: readonly RunDetail[]): string {
  const ends = rows.length > 1 ? [rows[0]!, rows.at(-1)!] : rows;
  const told = details.map(({ summary }, run) => {
    const values = ends.map(({ key, estimates }) => {
      const layer = /\/layer_(\d+)$/.exec(key)?.[1];
      return `${estimateText(estimates[run])}${layer === undefined ? "" : ` in layer ${layer}`}`;
    });
    return `${values.join(", ")}${details.length > 1 ? ` (${summary.name})` : ""}`;
  });
  return `${told.slice(0, mostCompared + 1).join("; ")}.`;
}

/** Rows of a table, without those that have nothing to say; what these are is told in a sentence, or "". */
export function tellingRows(rows: readonly HeadlineRow[]): {
  readonly rows: readonly HeadlineRow[];
  readonly left: string;
} {
  const missing = rows.filter(({ estimates }) => estimates.every((one) => !one || !Number.isFinite(one.value)));
  const zero = rows.filter(
    (row) => !missing.includes(row) && row.estimates.every((one) => !one || isNothing(one.value)),
  );
  const names = (of: readonly HeadlineRow[]) => [...new Set(of.map(({ key }) => familyOf(key)))].join(", ");
  const whole = (of: readonly HeadlineRow[]) => of.length > 0;
  return {
    rows: rows.filter((row) => !missing.includes(row) && !zero.includes(row)),
    left: [
      whole(zero) ? `0 throughout: ${names(zero)}.` : "",
      whole(missing) ? `Without a value: ${names(missing)}.` : "",
    ]
      .filter((text) => text !== "")
      .join(" "),
  };
}

function isNothing(value: number): boolean {
  return value === 0 || !Number.isFinite(value);
}

function firstSentence(text: string): string {
  return /^[^.;:]{1,120}/.exec(text)?.[0] ?? "";
}
