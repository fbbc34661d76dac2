/** Declared charts in the terms of W&B's presets. */

import type { DeclaredChart } from "../../../../core/contract/chart.ts";
import type { Notices } from "../../../../core/contract/sink.ts";
import { reasonOf } from "../../../../core/errors/errors.ts";
import { decode } from "../log/decode.ts";
import { LogReader } from "../log/reader.ts";
import type { RunLog } from "../log/run-log.ts";
import { chartKey, writeMedia } from "./media.ts";
import { leftOut } from "./pictures.ts";

/** Rows that W&B shows of a table. */
const mostRows = 10_000;

/** The x axes of our scalars' charts that are numbers in every row. */
const axes: ReadonlySet<string> = new Set(["step", "tokens"]);

/** A chart in the terms of W&B's line preset. */
interface Line {
  readonly chart: DeclaredChart;
  readonly x: "step" | "tokens";
  readonly metrics: readonly string[];
}

type TableRow = readonly [x: number, value: string, series: string];

/**
 * Adds the charts that W&B's line preset can hold, one line a layer, over steps or tokens; returns the others. Never throws: a
 * chart that fails is named in a warning.
 */
export function addPresets(runLog: RunLog, charts: readonly DeclaredChart[], notices: Notices): DeclaredChart[] {
  const others: DeclaredChart[] = [];
  for (const chart of charts) {
    try {
      const line = lineOf(chart);
      if (line === undefined) others.push(chart);
      else addLine(runLog, line);
    } catch (thrown) {
      notices.warn(leftOut(chart, reasonOf(thrown)));
    }
  }
  return others;
}

function addLine(runLog: RunLog, line: Line): void {
  const rows = thinned(rowsOf(runLog.path, line));
  if (rows.length === 0) return;
  const key = chartKey(line.chart);
  const table = `${key}_table`;
  runLog.media(table, writeTable(runLog.path, table, line.x, rows));
  runLog.config(["_wandb", "visualize", key], JSON.stringify(preset(table, line)));
}

/** The chart as lines, or undefined where its marks, transforms or axes say more than that. */
function lineOf(chart: DeclaredChart): Line | undefined {
  const { mark, encoding, ...others } = chart.spec as {
    mark?: string | { type?: string };
    encoding?: Record<string, { field?: string; aggregate?: unknown; bin?: unknown } | undefined>;
  };
  const type = typeof mark === "string" ? mark : mark?.type;
  const x = encoding?.x?.field ?? "";
  const plain = !["transform", "layer", "facet", "repeat", "concat", "hconcat", "vconcat"].some((key) => key in others);
  const simple = Object.values(encoding ?? {}).every((one) => one?.aggregate === undefined && one?.bin === undefined);
  const fits = type === "line" && plain && simple && encoding?.y?.field === "value" && !encoding.facet && !encoding.row;
  if (chart.data !== "scalars" || !fits || !axes.has(x) || chart.only === undefined) return undefined;
  return { chart, x: x as Line["x"], metrics: chart.only.map((name) => `${chart.section}/${name}`) };
}

function rowsOf(log: string, { x, metrics }: Line): TableRow[] {
  const rows: TableRow[] = [];
  const reader = new LogReader(log);
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      if (one.type !== "history") continue;
      const at = x === "step" ? one.step : Number(one.items.find(({ path }) => path[0] === "tokens")?.text);
      for (const { path, text } of one.items) {
        const key = path[0] ?? "";
        const metric = metrics.find((name) => key === name || key.startsWith(`${name}/`));
        if (metric === undefined || !Number.isFinite(Number(text))) continue;
        const layer = key.slice(metric.length + 1).replaceAll("_", " ");
        const named = metrics.length > 1 ? metric.slice(metric.indexOf("/") + 1) : "";
        rows.push([at, text, [named, layer].filter(Boolean).join(" ") || metric]);
      }
    }
  } finally {
    reader.close();
  }
  return rows;
}

/** Every n-th point of each series, and its last one. */
function thinned(rows: readonly TableRow[]): readonly TableRow[] {
  if (rows.length <= mostRows) return rows;
  const every = Math.ceil(rows.length / (mostRows - new Set(rows.map(([, , series]) => series)).size));
  const seen = new Map<string, number>();
  const last = new Map(rows.map((row) => [row[2], row]));
  return rows.filter((row) => {
    const index = seen.get(row[2]) ?? 0;
    seen.set(row[2], index + 1);
    return index % every === 0 || last.get(row[2]) === row;
  });
}

/** Writes the table, and returns the value that stands for it in the summary. */
function writeTable(log: string, key: string, x: string, rows: readonly TableRow[]) {
  const cells = rows.map(([at, value, series]) => `[${at},${value},${JSON.stringify(series)}]`);
  const text = `{"columns":${JSON.stringify([x, "value", "series"])},"data":[${cells.join(",")}]}`;
  const place = { kind: "table", key, stamp: `${rows.length}_`, extension: "table.json" } as const;
  return { _type: "table-file", ...writeMedia(log, place, Buffer.from(text)), ncols: 3, nrows: rows.length };
}

/** W&B's `wandb/line/v0` over our table. */
function preset(tableKey: string, { chart, x }: Line) {
  const field = (name: string) => ({ name, fields: [] });
  const summaryTable = { name: "summaryTable", args: [{ name: "tableKey", value: tableKey }], fields: [] };
  const runSets = {
    name: "runSets",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: W&B fills this in.
    args: [{ name: "runSets", value: "${runSets}" }],
    fields: [field("id"), field("name"), field("_defaultColorIndex"), summaryTable],
  };
  return {
    panel_type: "Vega2",
    panel_config: {
      panelDefId: "wandb/line/v0",
      fieldSettings: { x, y: "value", stroke: "series" },
      stringSettings: { title: chart.title },
      transform: { name: "tableWithLeafColNames" },
      userQuery: { queryFields: [runSets] },
    },
  };
}
