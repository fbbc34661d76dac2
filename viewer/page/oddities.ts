/** Values that are not finite: no line can show them, but they must not vanish. */
import type { RunSeries } from "../api.ts";
import { coreSections } from "../charts/core-charts.ts";
import { parseKey } from "../charts/metric-key.ts";
import { inks, type Theme } from "../charts/palette.ts";
import type { ShownRun } from "../charts/panels.ts";

/** A loss that is NaN has diverged; an analyzer's NaN says that there was nothing to measure. */
export function oddColour(key: string, theme: Theme): string {
  if (!coreSections.has(parseKey(key).section)) return inks[theme].faint;
  return theme === "light" ? "#c0272d" : "#ff8589";
}

/** Which values, from which step, how many: one clause a metric and run. */
export function oddities(runs: readonly ShownRun[], series: readonly RunSeries[]): string {
  const found = series.flatMap((one, r) => {
    const byMetric = new Map<string, { first: number; value: string; count: number }>();
    for (const [key, list] of Object.entries(one.nonFinite)) {
      const [odd] = list;
      if (!odd) continue;
      const name = parseKey(key).metric.replaceAll("_", " ");
      const known = byMetric.get(name);
      const earliest = known === undefined || odd.step < known.first ? odd : { step: known.first, value: known.value };
      byMetric.set(name, { first: earliest.step, value: earliest.value, count: (known?.count ?? 0) + list.length });
    }
    const whose = runs.length > 1 ? `${runs[r]?.label}: ` : "";
    return [...byMetric].map(
      ([name, { first, value, count }]) => `${whose}${name} is ${value} from step ${first} (${count}×)`,
    );
  });
  return found.slice(0, 3).join("; ") + (found.length > 3 ? "; …" : "");
}
