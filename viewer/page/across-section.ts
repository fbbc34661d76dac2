/** Views across runs: what came of which config. Columns are config keys that differ, and metrics' newest values. */
import type { RunDetail } from "../api.ts";
import { type GroupColours, importance, parallel, type RunPoint, scatter, strip } from "../charts/across.ts";
import { families } from "../charts/metric-key.ts";
import { differingKeys } from "../charts/subjects.ts";
import type { ColumnValues } from "../columns.ts";
import { columnOf } from "../query/columns.ts";
import { askColumn } from "./api.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { choice, type Plot, plotCard } from "./plot-card.ts";

const first = "eval/loss";
/** Axes of parallel coordinates besides the metric. */
const mostAxes = 7;
/** Up to this many share a row with another card. */
const fewAxes = 3;

/** The cards; none for fewer than three runs. */
export function acrossCards(details: readonly RunDetail[], context: ChartContext): readonly LiveChart[] {
  if (context.runs.length < 3) return [];
  const metrics = [...families(new Set(details.flatMap(({ keys }) => keys))).keys()];
  const keys = differingKeys(details.map(({ config }) => config)).filter((key) => key !== "name");
  const numeric = keys.filter((key) => details.some(({ config }) => typeof config[key] === "number"));
  const start = metrics.includes(first) ? first : (metrics[0] ?? "");
  const known = new Map<string, Promise<ColumnValues>>();
  const ids = context.runs.map(({ id }) => id);

  const valuesOf = (metric: string) => {
    const found = known.get(metric) ?? askColumn(columnOf(metric, "last", 0), ids);
    known.set(metric, found);
    return found;
  };

  async function points(columns: readonly string[]): Promise<readonly RunPoint[]> {
    const wanted = columns.filter((column) => metrics.includes(column));
    const values = await Promise.all(wanted.map(valuesOf));
    const { subjects, hidden } = context.many();
    return subjects
      .filter(({ key }) => !hidden.has(key))
      .flatMap(({ label, runs }) =>
        runs.map((run) => {
          const { id, label: name } = context.runs[run]!;
          const measured = wanted.map((metric, i) => [metric, values[i]![id]] as const);
          return { run: name, group: label, values: { ...details[run]?.config, ...Object.fromEntries(measured) } };
        }),
      );
  }

  function colours(): GroupColours {
    const { subjects, colours: all, hidden } = context.many();
    const shown = subjects
      .map((subject, i) => ({ subject, colour: all[i]! }))
      .filter(({ subject }) => !hidden.has(subject.key));
    return { groups: shown.map(({ subject }) => subject.label), colours: shown.map(({ colour }) => colour) };
  }

  const options = (of: readonly string[]) => of.map((one) => [one, one] as const);
  // What the sweep varied tells more than the seed.
  const varied = context.many().by.find((key) => numeric.includes(key));
  const chosen = {
    x: varied ?? numeric[0] ?? metrics[0] ?? "",
    y: start,
    strip: start,
    parallel: start,
    importance: start,
  };
  const cards: Record<string, LiveChart> = {};
  const pick = (label: string, of: readonly string[], name: keyof typeof chosen, id: string) =>
    choice(label, options(of), chosen[name], (value) => {
      chosen[name] = value;
      void cards[id]?.update();
    });
  const drawn = (plot: Exclude<Plot, { empty: string }>, note = ""): Plot =>
    plot.records.length === 0 ? { empty: "no run that is shown has both values." } : { ...plot, note };

  cards.scatter = plotCard(
    {
      id: "across-scatter",
      title: "Scatter",
      description: "A point a run, at the newest value of each metric; metrics of layers are means over layers.",
      controls: [pick("x", [...keys, ...metrics], "x", "scatter"), pick("y", metrics, "y", "scatter")],
      make: async () => drawn(scatter(await points([chosen.x, chosen.y]), chosen.x, chosen.y, colours())),
    },
    context,
  );
  cards.strip = plotCard(
    {
      id: "across-strip",
      title: "By group",
      description: "Every run a point; the box holds the middle half of a group.",
      controls: [pick("metric", metrics, "strip", "strip")],
      make: async () => drawn(strip(await points([chosen.strip]), chosen.strip, colours())),
    },
    context,
  );
  cards.parallel = plotCard(
    {
      id: "across-parallel",
      title: "Parallel coordinates",
      description:
        "A line a run across the config keys that differ and one metric; each axis from its smallest to its largest value.",
      controls: [pick("metric", metrics, "parallel", "parallel")],
      wide: keys.length > fewAxes,
      make: async () => {
        const columns = [...keys.slice(0, mostAxes), chosen.parallel];
        return drawn(parallel(await points(columns), columns, colours()));
      },
    },
    context,
  );
  cards.importance = plotCard(
    {
      id: "across-importance",
      title: "What goes with it",
      description:
        "Spearman's rank correlation of each numeric config key with a metric over runs, 95 % interval. A first look: it sees neither interplay of keys nor what a sweep did not vary.",
      controls: [pick("metric", metrics, "importance", "importance")],
      make: async () => {
        const plot = importance(await points([...numeric, chosen.importance]), numeric, chosen.importance);
        return plot.records.length === 0 ? { empty: "no numeric config key varies with this metric." } : plot;
      },
    },
    context,
  );
  return [cards.scatter, cards.strip, cards.importance, cards.parallel];
}
