/** An array metric that no chart declares: its distribution over training as ridges, or at one step, with a slider. */
import type { ArrayTable } from "../api.ts";
import { binningOf, histogramPlot, rankPlot, ridgePlot } from "../charts/distribution.ts";
import { parseKey } from "../charts/metric-key.ts";
import { askArrayMetric } from "./api.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { choice, type Plot, plotCard } from "./plot-card.ts";
import { stepSlider } from "./step-slider.ts";

const views = [
  ["ridges", "over training"],
  ["histogram", "histogram at a step"],
  ["rank", "by rank at a step"],
] as const;

/** `family` is the metric's key without its layer. */
export function arrayCard(family: string, description: string, context: ChartContext): LiveChart {
  const { section, metric } = parseKey(family);
  const title = metric.replaceAll("_", " ");
  let view = "ridges";
  let run = context.runs[0]!.id;
  let table: ArrayTable | undefined;
  const slider = stepSlider(() => void card.redrawn());
  const runs =
    context.runs.length > 1
      ? [
          choice(
            "run",
            context.runs.map(({ id, label }) => [id, label] as const),
            run,
            (id) => {
              run = id;
              table = undefined;
              void card.chart.update();
            },
          ),
        ]
      : [];
  const controls = [
    choice("show", views, view, (value) => {
      view = value;
      void card.redrawn();
    }),
    ...runs,
    slider.element,
  ];

  async function make(): Promise<Plot> {
    table = await askArrayMetric(run, section, metric);
    return plotOf(table);
  }

  function plotOf({ slices, steps, sent, problems }: ArrayTable): Plot {
    const known = [...new Set(slices.map(({ step }) => step))].sort((a, b) => a - b);
    slider.steps(known);
    const binning = binningOf(slices);
    if (!binning) return { empty: "no number in it." };
    const now = slices.filter(({ step }) => step === slider.step);
    const note = [sent < steps && view === "ridges" ? `${sent} of ${steps} steps.` : "", ...problems.slice(0, 2)]
      .join(" ")
      .trim();
    if (view === "ridges") return { ...ridgePlot(slices, binning, title), note };
    return {
      ...(view === "rank" ? rankPlot(now, title) : histogramPlot(now, binning, title)),
      note: `Step ${slider.step}. ${note}`,
    };
  }

  /** What has been fetched, drawn at another step or in another way. */
  let again = false;
  const chart = plotCard(
    {
      id: `array-${family.replaceAll("/", "-")}`,
      title,
      description,
      controls,
      wide: true,
      make: async () => (again && table ? plotOf(table) : make()),
    },
    context,
  );
  const card = {
    chart,
    async redrawn() {
      again = true;
      try {
        await chart.update();
      } finally {
        again = false;
      }
    },
  };
  return chart;
}
