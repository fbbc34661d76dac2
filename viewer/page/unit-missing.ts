/** What a page of a unit lacks, and why. */
import type { RunDetail } from "../api.ts";
import { parseKey, saysEachUnit, wordsOf } from "../charts/metric-key.ts";
import type { UnitRecord } from "../units.ts";
import { h } from "./dom.ts";

/** Said of a unit of which there is no number. */
export function nothing({ unit, units, layer, layers }: UnitRecord): HTMLElement {
  const outside = unit >= units || layer >= layers;
  return h(
    "p",
    { class: "empty" },
    outside
      ? `There is no such unit: layers have ${units} units, and there are ${layers} layers.`
      : "No array metric on record has a value for each unit; those that have one appear here, whatever analyzer they are of.",
  );
}

/** What plugins of the run would record of each unit if an option were set; their descriptions name it. */
export function unrecorded(metrics: RunDetail["metrics"], names: readonly string[]): HTMLElement | null {
  const known = new Set(names.map(familyOfRow));
  const missing = metrics.flatMap(({ key, description }) => {
    const option = saysEachUnit(description) && /\boption `([^`]+)`/i.exec(description)?.[1];
    return option && !known.has(key) ? [{ key, description, option, section: parseKey(key).section }] : [];
  });
  if (missing.length === 0) return null;
  const groups = [...new Set(missing.map(({ section, option }) => `${section} with option \`${option}\``))];
  const lines = groups.map((group) => {
    const own = missing.filter(({ section, option }) => group === `${section} with option \`${option}\``);
    return h("li", {}, `${group}: ${own.map(({ key }) => wordsOf(key)).join(", ")}`);
  });
  const told = missing.flatMap(({ key, description }) => [h("dt", {}, wordsOf(key)), h("dd", {}, description)]);
  return h(
    "div",
    { class: "quiet" },
    h("p", {}, "Not on record of this run:"),
    h("ul", {}, ...lines),
    h("details", {}, h("summary", {}, "What they are"), h("dl", { class: "meanings" }, ...told)),
  );
}

/** The metric's key of a matrix's row. */
export function familyOfRow(name: string): string {
  return name.replace(/ \[\d+\]$/, "");
}
