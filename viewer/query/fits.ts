/** Whether a run fits a search, and what a search's names mean. */
import { nearest } from "../../core/errors/nearest.ts";
import type { RunSummary } from "../api.ts";
import { type Column, columnNamed } from "./columns.ts";
import { type Comparison, namesIn, type Query, type Value } from "./parse.ts";
import { QueryError } from "./tokens.ts";

type Values = Readonly<Record<string, unknown>>;

/** What a search may name. */
export interface Vocabulary {
  /** Config values that all runs share. */
  readonly shared: Values;
  /** Config keys that differ. */
  readonly configKeys: readonly string[];
  /** Metrics that the runs declare, without layers. */
  readonly metrics: readonly string[];
}

/** Values of metric columns, by the column's id and the run's. */
export type MetricValues = (column: Column, run: RunSummary) => unknown;

const own = ["name", "id", "state", "step", "loss", "eval", "tag", "tags", "note", "archived", "created"];

/** The metric columns that a search needs. Throws a QueryError for a name that means nothing. */
export function metricsIn(query: Query, words: Vocabulary): readonly Column[] {
  return namesIn(query).flatMap(({ name, at }) => {
    if (own.includes(name.toLowerCase()) || configKeysOf(name, words).length > 0) return [];
    const column = columnNamed(name);
    if (
      column &&
      words.metrics.some((metric) => column.metric === metric || column.metric.startsWith(`${metric}/layer_`))
    )
      return [column];
    const known = [...own, ...words.configKeys, ...Object.keys(words.shared), ...words.metrics];
    const near = nearest(name, known);
    throw new QueryError(`nothing is called \`${name}\`${near === undefined ? "" : `; did you mean \`${near}\`?`}`, at);
  });
}

/** Whether a run fits. */
export function fitsQuery(query: Query, run: RunSummary, words: Vocabulary, metric: MetricValues): boolean {
  switch (query.kind) {
    case "all":
      return query.parts.every((part) => fitsQuery(part, run, words, metric));
    case "any":
      return query.parts.some((part) => fitsQuery(part, run, words, metric));
    case "not":
      return !fitsQuery(query.part, run, words, metric);
    case "word":
      return wordsOf(run).toLowerCase().includes(query.text.toLowerCase());
    case "pattern":
      return query.pattern.test(wordsOf(run));
    case "compare": {
      const values = valuesOf(query.name, run, words, metric);
      const negative = query.operator === "!=" || query.operator === "!~";
      const test = (value: unknown) => compares(value, query.operator, query.value);
      return negative ? values.every(test) : values.some(test);
    }
    default:
      return query satisfies never;
  }
}

function wordsOf(run: RunSummary): string {
  return [run.name, run.ownName, run.id, run.state, ...run.tags, run.note, ...Object.values(run.config)].join(" ");
}

/** Config keys by their full name or their end: `lr` finds `train.lr`. */
function configKeysOf(name: string, { shared, configKeys }: Vocabulary): string[] {
  const wanted = name.toLowerCase();
  return [...configKeys, ...Object.keys(shared)].filter(
    (key) => key.toLowerCase() === wanted || key.toLowerCase().endsWith(`.${wanted}`),
  );
}

function valuesOf(name: string, run: RunSummary, words: Vocabulary, metric: MetricValues): unknown[] {
  const lower = name.toLowerCase();
  if (lower === "tag" || lower === "tags") return run.tags.length === 0 ? [""] : [...run.tags];
  const plain: Values = {
    name: run.name,
    id: run.id,
    state: run.state,
    step: run.step,
    loss: run.loss,
    eval: run.evalLoss,
    note: run.note,
    archived: run.archived,
    created: run.createdAt,
  };
  if (lower in plain) return [plain[lower]];
  const keys = configKeysOf(name, words);
  if (keys.length > 0) return keys.map((key) => run.config[key] ?? words.shared[key]);
  const column = columnNamed(name);
  return column ? [metric(column, run)] : [];
}

function compares(value: unknown, operator: Comparison, wanted: Value): boolean {
  if ("pattern" in wanted) return (operator === "!~") !== wanted.pattern.test(String(value ?? ""));
  const { text } = wanted;
  const number = Number(text);
  const both = typeof value === "number" && text.trim() !== "" && !Number.isNaN(number);
  const same = both ? value === number : String(value ?? "").toLowerCase() === text.toLowerCase();
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
      return same;
    case "!=":
      return !same;
    default:
      return both
        ? value === number
        : String(value ?? "")
            .toLowerCase()
            .includes(text.toLowerCase());
  }
}
