/** What stands above the charts: names, states, troubles. */
import type { RunDetail } from "../api.ts";
import type { ShownRun } from "../charts/panels.ts";
import { h } from "./dom.ts";
import { stateBadge } from "./state-badge.ts";

export interface Page {
  readonly element: HTMLElement;
  destroy(): void;
}

/** More problems than this are counted. */
const mostProblems = 8;

export function problemList(problems: readonly string[]): HTMLElement | null {
  if (problems.length === 0) return null;
  const left = problems.length - mostProblems;
  return h(
    "ul",
    { class: "problems", role: "alert" },
    ...problems.slice(0, mostProblems).map((text) => h("li", {}, text)),
    left > 0 && h("li", {}, `and ${left} more`),
  );
}

/** How many runs are in each state. */
export function stateCounts(details: readonly RunDetail[]): HTMLElement {
  const states = details.map(({ summary }) => summary.state);
  return h(
    "span",
    { class: "state-counts" },
    ...[...new Set(states)].map((state) =>
      h("span", {}, `${states.filter((one) => one === state).length} `, stateBadge(state)),
    ),
  );
}

/** Names, made unique where runs share one. */
export function shownRuns(details: readonly RunDetail[]): ShownRun[] {
  const counts = new Map<string, number>();
  for (const { summary } of details) counts.set(summary.name, (counts.get(summary.name) ?? 0) + 1);
  return details.map(({ summary, model }) => ({
    id: summary.id,
    label: counts.get(summary.name)! > 1 ? `${summary.name} (${summary.id})` : summary.name,
    createdAt: summary.createdAt,
    layers: model?.n_layers ?? 1,
  }));
}
