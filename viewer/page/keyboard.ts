/** Keys that work anywhere on the page, and the card that lists them. */
import { axes } from "../series/axes.ts";
import { h } from "./dom.ts";
import type { Store } from "./state.ts";
import { toggleTheme } from "./theme.ts";

const keys: readonly (readonly [string, string])[] = [
  ["/", "search: runs in the list, charts on a page of runs"],
  ["g", "go to the list"],
  ["x", "next x axis: steps, tokens, time"],
  ["l", "logarithmic x axis on / off"],
  ["s", "more smoothing; S: less"],
  ["0", "show all (undo a zoom)"],
  ["t", "light / dark"],
  ["?", "this card"],
  ["← →", "on a chart: read values"],
  ["Shift ← →", "on a chart: pan"],
  ["+ −", "on a chart: zoom"],
  ["Drag", "on a chart: zoom in; double click: out"],
  ["Shift drag", "on a chart: pan"],
];

/** The card; `?` opens it. */
export function keyCard(): HTMLDialogElement {
  const card = h(
    "dialog",
    { class: "keys", "aria-label": "Keys" },
    h("h2", {}, "Keys"),
    h("dl", {}, ...keys.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("form", { method: "dialog" }, h("button", {}, "Close")),
  );
  return card;
}

export function listenToKeys(store: Store, card: HTMLDialogElement): void {
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest("input:not([type=range]):not([type=checkbox]), select, textarea, dialog")) return;
    const { axis, log, smooth, runs } = store.current;
    const step = (by: number) => store.set({ smooth: Math.min(0.9, Math.max(0, Number((smooth + by).toFixed(2)))) });
    const actions: Readonly<Record<string, () => void>> = {
      "/": () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
      g: () => store.set({ runs: [], unit: undefined, range: undefined }),
      x: () => runs.length > 0 && store.set({ axis: axes[(axes.indexOf(axis) + 1) % axes.length]!, range: undefined }),
      l: () => runs.length > 0 && store.set({ log: !log }),
      s: () => runs.length > 0 && step(0.1),
      S: () => runs.length > 0 && step(-0.1),
      "0": () => store.set({ range: undefined }),
      t: toggleTheme,
      "?": () => card.showModal(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
