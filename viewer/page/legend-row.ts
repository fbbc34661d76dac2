/** One run or group of the legend. */
import type { RunSummary } from "../api.ts";
import type { ShownRun } from "../charts/panels.ts";
import type { Subject } from "../charts/subjects.ts";
import { h } from "./dom.ts";
import type { Focus } from "./focus.ts";
import { chooseColour } from "./many-view.ts";
import type { Store } from "./state.ts";
import { stateSign } from "./state-badge.ts";

export interface RowParts {
  readonly subject: Subject;
  readonly colour: string;
  readonly hidden: boolean;
  readonly baseline: boolean;
  /** Whether subjects are groups. */
  readonly group: boolean;
  /** Whether its runs are listed. */
  readonly open: boolean;
  readonly runs: readonly ShownRun[];
  readonly states: readonly RunSummary["state"][];
  readonly store: Store;
  readonly focus: Focus;
  readonly everyKey: readonly string[];
  /** Opens or closes the list of its runs. */
  toggle(): void;
}

export function legendRow(parts: RowParts): HTMLElement {
  const { subject, colour, hidden, baseline, group, open, runs, states, store, focus, everyKey } = parts;
  const { key, label } = subject;
  const swatch = h("input", {
    type: "color",
    class: "swatch-input",
    value: colour,
    "aria-label": `Colour of ${label}`,
    title: "Choose a colour; it is kept",
  });
  swatch.addEventListener("change", () => {
    chooseColour(key, swatch.value);
    document.dispatchEvent(new Event("themechange"));
  });
  const seen = h("input", { type: "checkbox", "aria-label": `Show ${label}` });
  seen.checked = !hidden;
  seen.addEventListener("change", () => {
    const { hidden: before } = store.current;
    store.set({ hidden: seen.checked ? before.filter((one) => one !== key) : [...before, key] });
  });
  const name = h(
    "button",
    {
      type: "button",
      class: "bare legend-name",
      title: group
        ? "List its runs"
        : `${subject.runs.map((run) => runs[run]?.id).join(" ")}: click to keep it in front`,
      ...(group && { "aria-expanded": String(open) }),
      onclick: () => (group ? parts.toggle() : focus.pick(key)),
    },
    label,
  );
  const only = h(
    "button",
    {
      type: "button",
      class: "bare",
      title: "Show it alone; again: all",
      onclick: isolate,
      "aria-label": `Only ${label}`,
    },
    "only",
  );
  const base = h(
    "button",
    {
      type: "button",
      class: "bare",
      "aria-pressed": String(baseline),
      "aria-label": `Differences to ${label}`,
      title: "Draw differences to it",
      onclick: () => store.set({ baseline: baseline ? undefined : key }),
    },
    "Δ",
  );
  function isolate(): void {
    const others = everyKey.filter((one) => one !== key);
    const alone = others.length === store.current.hidden.length && !hidden;
    store.set({ hidden: alone ? [] : others });
  }
  const [first] = subject.runs;
  const row = h(
    "li",
    {
      class: hidden ? "is-hidden" : "",
      "data-subject": key,
      onpointerenter: () => focus.point({ subject: key }),
      onpointerleave: () => focus.point({ subject: undefined }),
    },
    seen,
    swatch,
    name,
    group ? h("span", { class: "quiet count" }, `n ${subject.runs.length}`) : stateSign(states[first!]!),
    only,
    base,
    open && group && members(),
  );
  function members(): HTMLElement {
    return h(
      "ul",
      { class: "legend-members" },
      ...subject.runs.map((run) =>
        h(
          "li",
          {},
          stateSign(states[run]!),
          h("a", { href: `#run=${encodeURIComponent(runs[run]!.id)}`, title: runs[run]!.id }, runs[run]!.label),
        ),
      ),
    );
  }
  return row;
}
