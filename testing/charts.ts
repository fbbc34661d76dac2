/** What declared charts must keep to: metrics and marks that exist, and a spec that compiles and draws. */
import type { Analyzer } from "../core/contract/analyzer.ts";
import type { Chart } from "../core/contract/chart.ts";
import { brokenContract, reasonOf } from "../core/errors/errors.ts";
import { dressed } from "../viewer/charts/spec.ts";
import { toSvg } from "../viewer/report/svg.ts";

/** Vega-Lite's marks, simple and composite (vega.github.io/vega-lite/docs/mark.html). */
const marks = new Set(
  "arc area bar boxplot circle errorband errorbar geoshape image line point rect rule square text tick trail".split(
    " ",
  ),
);

/** Draws every chart without data. Throws what is wrong with the first that is not as the contract asks. */
export async function checkCharts(plugin: Analyzer): Promise<void> {
  for (const chart of plugin.charts ?? []) await checkChart(plugin, chart);
}

async function checkChart({ name, metrics }: Analyzer, chart: Chart): Promise<void> {
  const unknown = chart.data === "events" ? undefined : chart.only?.find((metric) => !Object.hasOwn(metrics, metric));
  if (unknown !== undefined) throw brokenContract(name, `chart ${chart.id}: \`only\` names no metric: ${unknown}`);
  for (const mark of marksOf(chart.spec)) {
    if (!marks.has(mark)) throw brokenContract(name, `chart ${chart.id}: there is no mark \`${mark}\``);
  }
  const dress = { theme: "light", axis: "step", log: false, width: 400, height: 200, layers: 2, panels: 2 } as const;
  try {
    await toSvg(dressed(chart.spec, dress), []);
  } catch (thrown) {
    throw brokenContract(name, `chart ${chart.id} cannot be drawn: ${reasonOf(thrown)}`, thrown);
  }
}

/** Every `mark` of a spec and of its layers, by type. */
function marksOf(spec: unknown): string[] {
  if (Array.isArray(spec)) return spec.flatMap(marksOf);
  if (typeof spec !== "object" || spec === null) return [];
  return Object.entries(spec).flatMap(([key, value]) => {
    if (key !== "mark") return marksOf(value);
    return [String(typeof value === "object" && value !== null ? (value as { type?: unknown }).type : value)];
  });
}
