/** Which charts a page of runs shows, in which order: training first, then each analyzer's own, then every metric. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { RunDetail } from "../api.ts";
import { chartFault } from "../charts/chart-fault.ts";
import { coreCharts, coreSections } from "../charts/core-charts.ts";
import { families, keysOf, parseKey } from "../charts/metric-key.ts";
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
  const line = (spec: Partial<LineCardSpec> & Pick<LineCardSpec, "id" | "title" | "keys">) =>
    lineCard({ description: "", yTitle: spec.title, percent: false, logY: false, ...spec }, context);

  const declaredLine = (chart: DeclaredChart, { domain, title: yTitle, ...look }: PlainLine, prefix = "") => {
    const { id, section, title, description } = chart;
    const own = { id: `${prefix}${section}-${id}`, title, description, keys: keysOf(chart, keys), yTitle };
    return line({ ...own, ...look, ...(domain && { domain }) });
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
  // What one looks for first: the loss, and the first curve of each analyzer beside it.
  const firsts = [...bySection.values()].flatMap((charts) => {
    const found = charts.map((chart) => ({ chart, plain: plainLine(chart) })).find(({ plain }) => plain !== undefined);
    return found ? [declaredLine(found.chart, found.plain!, "overview-")] : [];
  });
  const analyzers = [...bySection].map(([section, charts]): Section => {
    const drawn = charts.map((chart) => {
      const id = `${section}-${chart.id}`;
      const plain = chartFault(chart, [...described.keys()]) === undefined ? plainLine(chart) : undefined;
      if (!plain) return vegaCard(id, chart, details, context);
      return declaredLine(chart, plain);
    });
    return { id: section, title: titleOf(section), charts: drawn, folded: false };
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
    { id: "overview", title: "Overview", charts: [...loss, ...firsts.slice(0, 3)], folded: false },
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
