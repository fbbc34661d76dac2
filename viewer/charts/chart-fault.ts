/** What is wrong with a declared chart before anything is drawn: names that its plugin does not know, marks that nothing draws. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import { didYouMean } from "../../core/errors/nearest.ts";
import { tooMuch } from "./chart-cost.ts";
import { parseKey } from "./metric-key.ts";

/** Vega-Lite's marks (vega.github.io/vega-lite/docs/mark.html). */
const marks = [
  ...["arc", "area", "bar", "boxplot", "circle", "errorband", "errorbar", "geoshape", "image", "line"],
  ...["point", "rect", "rule", "square", "text", "tick", "trail"],
];

/** A sentence that names plugin, chart and fault; undefined when none is found. `declared` are the keys of the run's metrics. */
export function chartFault(chart: DeclaredChart, declared: readonly string[]): string | undefined {
  const cost = tooMuch(chart.spec);
  const who = `Chart \`${chart.id}\` of ${chart.section.replaceAll("_", "-")}`;
  if (cost !== undefined) return `${who}: ${cost}; the most is 10,000. It is not drawn.`;
  const metrics = declared.map(parseKey).flatMap(({ section, metric }) => (section === chart.section ? [metric] : []));
  const unknown =
    chart.data === "events" || metrics.length === 0 ? undefined : chart.only?.find((name) => !metrics.includes(name));
  if (unknown !== undefined)
    return `${who}: \`only\` names \`${unknown}\`, which the plugin does not declare. ${didYouMean(unknown, metrics)}`;
  const mark = marksIn(chart.spec).find((name) => !marks.includes(name));
  if (mark !== undefined) return `${who}: there is no mark \`${mark}\`. ${didYouMean(mark, marks)}`;
  return undefined;
}

function marksIn(spec: unknown): string[] {
  if (Array.isArray(spec)) return spec.flatMap(marksIn);
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec).flatMap(([key, value]) => {
    if (key !== "mark") return ["layer", "hconcat", "vconcat", "concat", "spec"].includes(key) ? marksIn(value) : [];
    const type = typeof value === "object" && value !== null ? (value as { type?: unknown }).type : value;
    return typeof type === "string" ? [type] : [];
  });
}
