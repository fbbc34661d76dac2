/** Everything about one run on one screen. */
import { relative } from "node:path";
import { listCheckpoints } from "../core/checkpoint/folder.ts";
import { leavesOf } from "../core/config/leaves.ts";
import { mostMetrics } from "../core/record/bounds.ts";
import { corpusLine, corpusRecord } from "../core/record/corpus.ts";
import type { RunFile, RunState } from "../core/record/format.ts";
import { holesText, noHoles } from "../core/record/holes.ts";
import { type LastValue, lastValues } from "../core/record/last-values.ts";
import { readEvents } from "../core/record/reader.ts";
import { readRun } from "../core/record/runs.ts";
import { lastRow } from "../core/record/tail.ts";
import { configValue, moment, shortNumber } from "./numbers.ts";
import { bold, sanitise, table } from "./terminal.ts";

/** What `show --json` prints. */
export interface Portrait {
  readonly dir: string;
  readonly state: RunState;
  readonly step: number;
  readonly run: RunFile;
  readonly values: Readonly<Record<string, LastValue>>;
  /** How many of each kind, by `source kind`. */
  readonly events: Readonly<Record<string, number>>;
  readonly checkpoints: readonly number[];
  /** Lines of rows.jsonl and events.jsonl that cannot be read. */
  readonly damagedLines: number;
  /** Which rows are not there, one line. */
  readonly missing?: string;
}

/** Reads a run from its directory. */
export async function portraitOf(dir: string): Promise<Portrait> {
  const { run, state } = readRun(dir);
  const damage = { lines: 0, torn: false };
  const holes = noHoles(run);
  const values = await lastValues(dir, damage, holes);
  const missing = holesText(holes, run);
  const { events, damage: eventDamage } = await readEvents(dir);
  const counts = new Map<string, number>();
  for (const { source, kind } of events) counts.set(`${source} ${kind}`, (counts.get(`${source} ${kind}`) ?? 0) + 1);
  return {
    dir,
    state,
    step: lastRow(dir)?.step ?? 0,
    run,
    values: Object.fromEntries(values),
    events: Object.fromEntries(counts),
    checkpoints: listCheckpoints(dir).map(({ step }) => step),
    damagedLines: damage.lines + eventDamage.lines,
    ...(missing !== undefined && { missing }),
  };
}

export interface PortraitOptions {
  /** All metrics, not the headline ones alone. */
  readonly all: boolean;
  /** Paths are shown relative to it. */
  readonly cwd?: string;
}

/** The same for people. */
export function portraitText(portrait: Portrait, { all, cwd = process.cwd() }: PortraitOptions): string {
  const { run, state, step, dir } = portrait;
  const { model } = run;
  const shown = all ? portrait.values : headlineOf(portrait);
  const hidden = countMetrics(portrait.values) - countMetrics(shown);
  const facts = [
    ["state", `${state}, step ${step} of ${run.steps}`],
    ["directory", sanitise(relative(cwd, dir) || ".")],
    ["started", moment(run.createdAt)],
    ["engine", sanitise(`${run.engine.name}: ${run.engine.device}`)],
    ["model", `${model.n_layers} layers, d_model ${model.d_model}, d_mlp ${model.d_mlp}, ${model.n_params} parameters`],
    ["data", `${run.tokensPerStep} tokens a step, ${model.d_vocab} ids, seed ${run.seed}`],
  ];
  const corpus = corpusRecord(run.corpus);
  if (corpus) facts.push(["text", corpusLine(corpus)]);
  const title = run.name === run.id ? sanitise(run.id) : `${sanitise(run.name)} (${sanitise(run.id)})`;
  const parts = [
    `${bold(title)}\n${table(facts)}`,
    titled("attempts", attemptRows(run)),
    titled("config that is not the default", configRows(run)),
    titled("last values", valueRows(shown), "right"),
    hidden > 0 ? `${hidden} more metrics with --all; \`experiment plugins NAME\` tells what each means` : "",
    titled("events", eventRows(portrait.events)),
    `checkpoints at step ${[...portrait.checkpoints].reverse().join(", ") || "- (none)"}`,
  ];
  if (Object.keys(portrait.values).length >= mostMetrics) {
    parts.push(`more than ${mostMetrics} metrics: those beyond are left out`);
  }
  if (portrait.damagedLines > 0) parts.push(`damaged lines passed over: ${portrait.damagedLines}`);
  if (portrait.missing !== undefined) parts.push(portrait.missing);
  return parts.filter((part) => part !== "").join("\n\n");
}

function titled(title: string, rows: string[][], align: "left" | "right" = "left"): string {
  return rows.length === 0 ? "" : `${bold(title)}\n${table(rows, { align })}`;
}

const mostKinds = 100;

function eventRows(events: Portrait["events"]): string[][] {
  const rows = Object.entries(events).map(([kind, count]) => [sanitise(kind), String(count)]);
  return rows.length <= mostKinds ? rows : [...rows.slice(0, mostKinds), [`and ${rows.length - mostKinds} more kinds`]];
}

function attemptRows(run: RunFile): string[][] {
  return run.attempts.map(({ startedAt, fromStep, outcome }) => [
    moment(startedAt),
    `from step ${fromStep}`,
    outcome ? `${outcome.state} at step ${outcome.step}` : "no outcome on record",
    sanitise(outcome?.reason ?? "", 200),
  ]);
}

function configRows(run: RunFile): string[][] {
  const leaves = leavesOf(run.config);
  const rows = leaves
    .filter(({ keyPath }) => (run.sources[keyPath] ?? "default") !== "default")
    .map(({ keyPath, value }) => [sanitise(keyPath), configValue(value), sanitise(run.sources[keyPath] ?? "")]);
  // A source of what is not there: a plugin that is there by default, left out.
  const isThere = (key: string) =>
    leaves.some(
      ({ keyPath }) => keyPath === key || (/^[.[]/.test(keyPath.slice(key.length)) && keyPath.startsWith(key)),
    );
  const missing = Object.entries(run.sources).filter(([key, source]) => source !== "default" && !isThere(key));
  return [...rows, ...missing.map(([key, source]) => [sanitise(key), "left out", sanitise(source)])];
}

const layered = /^(.*)\/layer_(\d{1,4})$/;

function metricOf(key: string): string {
  return layered.exec(key)?.[1] ?? key;
}

function headlineOf({ run, values }: Portrait): Portrait["values"] {
  const keys = new Set(run.metrics.filter(({ headline }) => headline).map(({ key }) => key));
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.has(metricOf(key))));
}

function countMetrics(values: Portrait["values"]): number {
  return new Set(Object.keys(values).map(metricOf)).size;
}

/** Cells of a table that is still looked at; numbers of layers may be anything in somebody else's run. */
const mostCells = 200_000;

/** A row for each metric: its step, the value that is for no layer, and a column for each layer. */
function valueRows(values: Portrait["values"], byLayer = true): string[][] {
  const cells = Object.entries(values).map(([key, { value, step }]) => {
    const match = byLayer ? layered.exec(key) : undefined;
    return {
      metric: match ? metricOf(key) : key,
      column: match ? Number(match[2]) + 1 : 0,
      step,
      text: shortNumber(value),
    };
  });
  if (cells.length === 0) return [];
  const columns = 1 + cells.reduce((most, { column }) => Math.max(most, column), 0);
  if (columns * cells.length > mostCells && byLayer) return valueRows(values, false);
  const rows = new Map<string, string[]>();
  for (const { metric, column, step, text } of cells) {
    if (!rows.has(metric)) rows.set(metric, [sanitise(metric, 60), String(step), ...Array<string>(columns).fill("")]);
    rows.get(metric)![2 + column] = text;
  }
  const layers = Array.from({ length: columns - 1 }, (_, i) => `layer ${i}`);
  return [["metric", "step", "value", ...layers].map(bold), ...rows.values()];
}
