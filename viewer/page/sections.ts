/** Which charts a page of runs shows, in which order: training first, then each analyzer's own, then every metric. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { RunDetail } from "../api.ts";
import { chartFault } from "../charts/chart-fault.ts";
import { coreCharts, coreSections } from "../charts/core-charts.ts";
import { families, keysOf, parseKey } from "../charts/metric-key.ts";
import { metricRanges } from "../charts/metric-range.ts";
import { type PlainLine, plainLine } from "../charts/plain-line.ts";
import { acrossCards } from "./across-section.ts";
import { arrayCard } from "./array-card.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { type LineCardSpec, lineCard } from "./line-card.ts";
import type { Store } from "./state.ts";
import { unitForm } from "./unit-page.ts";
import { vegaCard } from "./vega-card.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly LiveChart[];
  /** What stands before the charts. */
  readonly before?: readonly HTMLElement[];
  /** Closed at first. */
  readonly folded: boolean;
}

/** Charts of analyzers in the overview. */
const mostFirsts = 5;
/** What the process took of its machine: it answers no question of the run's. */
const systemSection = "system";

/** All sections for these runs; charts that several runs declare appear once. */
export function sections(
  details: ReadonlyMap<string, RunDetail>,
  context: ChartContext,
  store: Store,
): readonly Section[] {
  const all = [...details.values()];
  const keys = [...new Set(all.flatMap((detail) => detail.keys))];
  const byFamily = families(keys);
  const described = new Map(all.flatMap((detail) => detail.metrics.map((one) => [one.key, one.description])));
  const ranges = metricRanges(all.flatMap(({ metrics }) => metrics));
  const line = (spec: Partial<LineCardSpec> & Pick<LineCardSpec, "id" | "title" | "keys">) =>
    lineCard({ description: "", yTitle: spec.title, percent: false, logY: false, ranges, ...spec }, context);

  const declaredLine = (chart: DeclaredChart, { domain, title: yTitle, ...look }: PlainLine, prefix = "") => {
    const { id, section, title, description } = chart;
    const own = { id: `${prefix}${section}-${id}`, title, description, keys: keysOf(chart, keys), yTitle };
    return line({ ...own, ...look, ...(domain && { domain }) });
  };

  const declaredCard = (chart: DeclaredChart, prefix = ""): LiveChart => {
    const plain = chartFault(chart, [...described.keys()]) === undefined ? plainLine(chart) : undefined;
    return plain
      ? declaredLine(chart, plain, prefix)
      : vegaCard(`${prefix}${chart.section}-${chart.id}`, chart, details, context);
  };

  const training = coreCharts.flatMap(({ families: wanted, ...rest }) => {
    const found = wanted.flatMap((family) => byFamily.get(family) ?? []);
    return found.length > 0 || rest.id === "loss"
      ? [line({ ...rest, keys: found.length > 0 ? found : [...wanted] })]
      : [];
  });

  const loss = training.slice(0, 1);
  const declared = new Map(all.flatMap(({ charts }) => charts.map((chart) => [`${chart.section}/${chart.id}`, chart])));
  const bySection = grouped([...declared.values()]);
  // What one looks for first: the loss, and beside it what each analyzer leads with; of many runs its first curve, which groups.
  const firsts = [...bySection.values()].flatMap((charts) => {
    const found = context.runs.length > 1 ? charts.find((chart) => plainLine(chart) !== undefined) : charts[0];
    return found ? [declaredCard(found, "overview-")] : [];
  });
  const analyzers = [...bySection].map(([section, charts]): Section => {
    return { id: section, title: titleOf(section), charts: charts.map((chart) => declaredCard(chart)), folded: false };
  });
  const across = acrossCards(all, context);
  // Arrays that no chart shows.
  const shownArrays = (family: string) => {
    const { section, metric } = parseKey(family);
    return [...declared.values()].some(
      (chart) => chart.data === "arrays" && chart.section === section && (chart.only?.includes(metric) ?? true),
    );
  };
  const arrayFamilies = [...families(new Set(all.flatMap((detail) => detail.arrayKeys))).keys()];
  const arrays = arrayFamilies.filter((family) => !shownArrays(family));
  const inside = arrays.map((family) => arrayCard(family, described.get(family) ?? "", context));
  const single = all.length === 1 ? all[0]! : undefined;
  const finder =
    single?.model && arrayFamilies.length > 0
      ? [unitForm(store, { layer: 0, unit: 0, units: single.model.d_mlp, layers: single.model.n_layers })]
      : [];

  const every = [...byFamily].map(([family, of]) =>
    line({
      id: `all-${family.replaceAll("/", "-")}`,
      title: family,
      description: described.get(family) ?? "",
      keys: of,
    }),
  );
  const sectionsWithCharts = new Set(bySection.keys());
  const undeclared = [...byFamily].filter(([family]) => {
    const { section } = parseKey(family);
    return !sectionsWithCharts.has(section) && !coreSections.has(section);
  });
  const others = [
    ...grouped(undeclared.map(([family, of]) => ({ section: parseKey(family).section, family, of }))),
  ].map(
    ([section, list]): Section => ({
      id: section,
      title: titleOf(section),
      folded: false,
      charts: list.map(({ family, of }) =>
        line({
          id: family.replaceAll("/", "-"),
          title: titleOf(parseKey(family).metric),
          description: described.get(family) ?? "",
          keys: of,
        }),
      ),
    }),
  );
  return [
    { id: "overview", title: "Overview", charts: [...loss, ...firsts.slice(0, mostFirsts)], folded: false },
    { id: "across", title: "Across runs", charts: across, folded: false },
    ...analyzers,
    ...others.filter(({ id }) => id !== systemSection),
    { id: "inside", title: "Inside the run: arrays and units", charts: inside, before: finder, folded: false },
    { id: "training", title: "Training", charts: training.slice(1), folded: false },
    ...others.filter(({ id }) => id === systemSection),
    { id: "all-metrics", title: `Every metric (${byFamily.size})`, charts: every, folded: true },
  ];
}

/** `token_sparsity` as a heading. */
export function titleOf(section: string): string {
  const words = section.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function grouped<T extends { readonly section: string }>(list: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) groups.set(one.section, [...(groups.get(one.section) ?? []), one]);
  return groups;
}
