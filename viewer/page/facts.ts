/** What a run is besides its curves: tiles of numbers, config with provenance or differences, environment, events. */
import type { RunDetail } from "../api.ts";
import { brief, duration, exact, grouped, si, when } from "../charts/format.ts";
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

/** Config of one run with where each value came from, or of several with what differs. */
export function configTable(runs: readonly ShownRun[], details: readonly RunDetail[]): HTMLElement {
  const keys = [...new Set(details.flatMap((detail) => Object.keys(detail.config)))].sort();
  const differs = (key: string) => new Set(details.map((detail) => JSON.stringify(detail.config[key]))).size > 1;
  const single = details.length === 1;
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Config" });
  const onlyChanges = h("input", { type: "checkbox", id: "only-changes" });
  onlyChanges.checked = !single;
  const show = () => {
    const detail = details[0]!;
    const sourceOf = (key: string) => detail.sources[key] ?? "default";
    const shown = keys.filter((key) => !onlyChanges.checked || (single ? sourceOf(key) !== "default" : differs(key)));
    const head = single ? ["Key", "Value", "From"] : ["Key", ...runs.map(({ label }) => label)];
    const row = (key: string) =>
      h(
        "tr",
        { class: !single && differs(key) ? "differs" : "" },
        h("th", { scope: "row" }, key),
        ...details.map((one) => h("td", {}, shownValue(one.config[key]))),
        single && h("td", { class: "quiet" }, sourceOf(key)),
      );
    fill(
      place,
      shown.length === 0
        ? h("p", { class: "empty" }, single ? "Every value is its default." : "These runs have the same config.")
        : h(
            "table",
            { class: "facts" },
            h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
            h("tbody", {}, ...shown.map(row)),
          ),
    );
  };
  onlyChanges.addEventListener("change", show);
  show();
  const label = single ? "Only values that are not defaults" : "Only values that differ";
  return h("div", {}, h("label", { class: "check" }, onlyChanges, label), place);
}

function shownValue(value: unknown): string {
  if (value === undefined) return "–";
  return typeof value === "number" ? exact(value) : String(value);
}

/** Who computed what with which versions. */
export function environmentTable(runs: readonly ShownRun[], details: readonly RunDetail[]): HTMLElement {
  const rows: [string, (detail: RunDetail) => string][] = [
    ["id", ({ summary }) => summary.id],
    ["state", ({ summary }) => summary.state],
    ["started", ({ summary }) => when(summary.createdAt)],
    ["engine", ({ engine }) => `${engine.name}, ${engine.device}`],
    ["seed", ({ seed }) => String(seed)],
    ["attempts", ({ attempts }) => String(attempts.length)],
    ...[...new Set(details.flatMap(({ versions }) => Object.keys(versions)))].map(
      (name): [string, (detail: RunDetail) => string] => [name, ({ versions }) => versions[name] ?? "–"],
    ),
  ];
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Environment" },
    h(
      "table",
      { class: "facts" },
      h(
        "thead",
        {},
        h("tr", {}, h("th", { scope: "col" }, "What"), ...runs.map(({ label }) => h("th", { scope: "col" }, label))),
      ),
      h(
        "tbody",
        {},
        ...rows.map(([name, tell]) =>
          h("tr", {}, h("th", { scope: "row" }, name), ...details.map((detail) => h("td", {}, tell(detail)))),
        ),
      ),
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
