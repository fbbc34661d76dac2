/** What a run is besides its curves: tiles of numbers, config with provenance or differences, environment, events. */
import type { RunDetail } from "../api.ts";
import { environmentRows } from "../charts/environment.ts";
import { brief, duration, exact, grouped, si } from "../charts/format.ts";
import type { ShownRun } from "../charts/panels.ts";
import { fill, h } from "./dom.ts";
import { detailOf, type Happening } from "./happenings.ts";

/** The newest numbers of one run. */
export function tiles(detail: RunDetail, latest: Readonly<Record<string, number | string>>): HTMLElement {
  const { summary, model } = detail;
  const worked = summary.updatedAt > 0 ? duration(summary.updatedAt - summary.createdAt) : "–";
  const entries: [string, string, string][] = [
    ["Step", `${grouped(summary.step)} / ${grouped(summary.steps)}`, ""],
    ["Train loss", brief(summary.loss ?? latest["train/loss"]), "nats a token, newest step"],
    ["Held-out loss", brief(summary.evalLoss ?? latest["eval/loss"]), "nats a token, newest evaluation"],
    ["Tokens", si(summary.tokens), "training tokens seen"],
    ["Tokens/s", brief(latest["perf/tokens_per_second"]), "newest step"],
    ["Elapsed", worked, "from the start to the newest row"],
    ["Parameters", model ? si(model.n_params) : "–", ""],
  ];
  return h(
    "dl",
    { class: "tiles" },
    ...entries.map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** Of more runs than this, a table tells the values and how many runs have each, instead of a column a run. */
const mostColumns = 8;
/** Values that are told of a key; the others are counted. */
const mostValues = 12;

/** Config of one run with where each value came from, or of several: what differs between them, what is no default, or all. */
export function configTable(runs: readonly ShownRun[], details: readonly RunDetail[]): HTMLElement {
  const keys = [...new Set(details.flatMap((detail) => Object.keys(detail.config)))].sort();
  const differs = (key: string) => new Set(details.map((detail) => JSON.stringify(detail.config[key]))).size > 1;
  const chosen = (key: string) => details.some((detail) => (detail.sources[key] ?? "default") !== "default");
  const single = details.length === 1;
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Config" });
  const which = h(
    "select",
    { id: "config-keys", "aria-label": "Config keys" },
    !single && h("option", { value: "differ" }, "values that differ between the runs"),
    h("option", { value: "chosen" }, "values that are not defaults"),
    h("option", { value: "all" }, "all values"),
  );
  // Of few runs one reads what was chosen at all, what differs marked; of many what differs is long enough.
  which.value = single ? "all" : details.length <= 3 ? "chosen" : "differ";
  const show = () => {
    const tests = { differ: differs, chosen: (key: string) => chosen(key) || differs(key), all: () => true };
    const shown = keys.filter(tests[which.value as keyof typeof tests]);
    const none = single ? "Every value is its default." : "These runs have the same config.";
    if (shown.length === 0) return fill(place, h("p", { class: "empty" }, none));
    const rows = shown.map((key) => ({
      name: key,
      values: details.map((one) => shownValue(one.config[key])),
      more: single ? [details[0]!.sources[key] ?? "default"] : [],
      marked: !single && differs(key),
    }));
    fill(place, factTable("Key", single ? ["Value", "From"] : runs.map(({ label }) => label), rows));
  };
  which.addEventListener("change", show);
  show();
  return h("div", {}, h("label", { class: "check", for: "config-keys" }, "Show ", which), place);
}

interface FactRow {
  readonly name: string;
  readonly values: readonly string[];
  readonly more?: readonly string[];
  readonly marked?: boolean;
}

/** A row a fact, a column a run; of many runs one column with how many have each value. */
function factTable(first: string, columns: readonly string[], rows: readonly FactRow[]): HTMLElement {
  const many = (rows[0]?.values.length ?? 0) > mostColumns;
  const head = [first, ...(many ? ["Values, and how many runs have each"] : columns)];
  const row = ({ name, values, more = [], marked }: FactRow) =>
    h(
      "tr",
      { class: marked ? "differs" : "" },
      h("th", { scope: "row" }, name),
      ...(many ? [counted(values)] : values).map((text) =>
        h("td", { class: /^[−-]?\d[\d.\u202f]*(e-?\d+)?$/.test(text) ? "number" : "" }, text),
      ),
      ...more.map((text) => h("td", { class: "quiet" }, text)),
    );
  return h(
    "table",
    { class: "facts" },
    h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows.map(row)),
  );
}

function counted(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size === 1) return values[0]!;
  const sorted = [...counts].sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
  const told = sorted.slice(0, mostValues).map(([value, count]) => (count === 1 ? value : `${value} (${count})`));
  const left = sorted.length - told.length;
  return left > 0 ? `${told.join(", ")} and ${left} other values` : told.join(", ");
}

function shownValue(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? exact(value) : String(value);
}

/** Who computed what with which versions. */
export function environmentTable(runs: readonly ShownRun[], details: readonly RunDetail[]): HTMLElement {
  const rows = environmentRows(details, "private");
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Environment" },
    factTable(
      "What",
      runs.map(({ label }) => label),
      rows.map(([name, tell]) => ({ name, values: details.map((detail) => tell(detail) || "–") })),
    ),
  );
}

const eventsShown = 200;

/** The newest events, with a filter by kind. */
export function eventTable(happenings: readonly Happening[], several: boolean): HTMLElement {
  const kinds = [...new Set(happenings.map(({ event }) => event.kind))].sort();
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events" });
  const choice = h(
    "select",
    { id: "event-kind" },
    h("option", { value: "" }, `all kinds (${happenings.length})`),
    ...kinds.map((kind) => h("option", { value: kind }, kind)),
  );
  const show = () => {
    const wanted = happenings.filter(({ event }) => choice.value === "" || event.kind === choice.value);
    const newest = wanted.slice(-eventsShown).reverse();
    const head = ["Step", ...(several ? ["Run"] : []), "Source", "Kind", "What"];
    fill(
      place,
      newest.length === 0
        ? h("p", { class: "empty" }, "No events: deaths, resumes and warnings would be listed here.")
        : h(
            "table",
            { class: "facts" },
            h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
            h(
              "tbody",
              {},
              ...newest.map(({ run, event }) =>
                h(
                  "tr",
                  {},
                  h("td", { class: "number" }, grouped(event.step)),
                  several && h("td", {}, run.label),
                  h("td", {}, event.source),
                  h("td", {}, event.kind),
                  h("td", {}, detailOf(event)),
                ),
              ),
            ),
          ),
      wanted.length > eventsShown &&
        h("p", { class: "quiet" }, `The newest ${eventsShown} of ${grouped(wanted.length)}.`),
    );
  };
  choice.addEventListener("change", show);
  show();
  return h("div", {}, kinds.length > 1 && h("label", { class: "check", for: "event-kind" }, "Kind ", choice), place);
}
