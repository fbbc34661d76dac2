/** A run on one terminal screen, as text. */
import type { RunDetail, RunSeries } from "./api.ts";
import { brief, duration, grouped, si } from "./charts/format.ts";
import { familyOf, parseKey } from "./charts/metric-key.ts";
import { plainLine } from "./charts/plain-line.ts";

/** What the screen is made of. */
export interface Screen {
  readonly detail: RunDetail;
  readonly series: RunSeries;
  /** ms since 1970. */
  readonly now: number;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Keys that the screen shows: losses, throughput, and the first charted metric of every section. */
export function screenKeys(detail: RunDetail): string[] {
  const firsts = new Map<string, string>();
  for (const chart of detail.charts)
    if (plainLine(chart) && chart.only?.[0] !== undefined && !firsts.has(chart.section))
      firsts.set(chart.section, `${chart.section}/${chart.only[0]}`);
  const wanted = new Set(["train/loss", "eval/loss", "perf/tokens_per_second", ...firsts.values()]);
  return detail.keys.filter((key) => wanted.has(familyOf(key)));
}

/** The lines of the screen. Texts of the run come as they are: the caller makes them safe for a terminal. */
export function screenLines({ detail, series, now, width }: Screen): string[] {
  const { summary, tokensPerStep } = detail;
  const { step, steps, tokens } = summary;
  const speed = series.latest["perf/tokens_per_second"]?.value;
  const left = speed && summary.state === "running" ? ((steps - step) * tokensPerStep * 1000) / speed : undefined;
  const bar = Math.max(10, Math.min(40, width - 50));
  const done = steps > 0 ? Math.min(1, step / steps) : 0;
  const filled = Math.round(done * bar);
  const head = [
    [summary.name, summary.state, summary.id === summary.name ? "" : summary.id].join("  ").trim(),
    `step ${grouped(step)}/${grouped(steps)}  ${"█".repeat(filled)}${"░".repeat(bar - filled)}  ${Math.floor(done * 100)} %`,
    [
      `${si(tokens)} tokens`,
      speed === undefined ? "" : `${si(speed)} tokens/s`,
      summary.updatedAt > 0
        ? `${duration((left === undefined ? summary.updatedAt : now) - summary.createdAt)} elapsed`
        : "",
      left === undefined ? "" : `${duration(left)} left`,
    ]
      .filter((part) => part !== "")
      .join(" · "),
    "",
  ];
  const keys = screenKeys(detail).filter((key) => key !== "perf/tokens_per_second");
  const widest = Math.max(10, ...keys.map((key) => nameOf(key).length));
  const room = Math.max(8, Math.min(60, width - widest - 14));
  const rows = keys.map((key) => {
    const newest = series.nonFinite[key]?.at(-1);
    const last = series.latest[key];
    const value = last ? brief(last.value) : (newest?.value ?? "–");
    return `${nameOf(key).padEnd(widest)}  ${value.padStart(9)}  ${sparkline(series.values[key] ?? [], room)}`;
  });
  return [...head, ...detail.problems.map((problem) => `! ${problem}`), ...rows];
}

/** The first lines of a screen, as many as fit into `rows`, and how many do not. */
export function fittingLines(lines: readonly string[], rows: number): string[] {
  if (lines.length <= rows) return [...lines];
  const shown = Math.max(1, rows - 1);
  return [...lines.slice(0, shown), `… ${lines.length - shown} more lines: a taller window shows them`];
}

function nameOf(key: string): string {
  const { section, metric, layer } = parseKey(key);
  return `${section}/${metric}${layer === null ? "" : ` ${layer}`}`;
}

const blocks = "▁▂▃▄▅▆▇█";

/** A line of block characters, one for the mean of each stretch, from the smallest to the largest of them. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return "";
  const count = Math.min(width, present.length);
  const means = Array.from({ length: count }, (_, i) => {
    const part = present.slice(
      Math.floor((i * present.length) / count),
      Math.floor(((i + 1) * present.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means.map((mean) => blocks[high === low ? 0 : Math.round(((mean - low) / (high - low)) * 7)]).join("");
}
