/** What holds for all charts of a page: the axis, its scale, smoothing, and the way back from a zoom. */
import { axisTitles } from "../charts/spec.ts";
import { axes } from "../series/axes.ts";
import { h, settled } from "./dom.ts";
import type { State, Store } from "./state.ts";

const names = { step: "Steps", tokens: "Tokens", time: "Time" } as const;

export interface Toolbar {
  readonly element: HTMLElement;
  show(state: State): void;
}

export function toolbar(store: Store): Toolbar {
  const axisButtons = axes.map((axis) =>
    h("button", { type: "button", onclick: () => store.set({ axis, range: undefined }) }, names[axis]),
  );
  const log = h("button", { type: "button", onclick: () => store.set({ log: !store.current.log }) }, "Log");
  const smoothing = h("input", { type: "range", min: 0, max: 0.9, step: 0.05, id: "smoothing" });
  const later = settled(() => store.set({ smooth: Number(smoothing.value) }), 30);
  smoothing.addEventListener("input", later);
  const reset = h("button", { type: "button", onclick: () => store.set({ range: undefined }) }, "Show all");
  const zoom = h("span", { class: "zoom" }, h("span", { class: "quiet", id: "zoom-range" }), reset);
  const element = h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Axes and smoothing" },
    h("span", { class: "segmented", role: "group", "aria-label": "x axis" }, ...axisButtons),
    log,
    h("label", { for: "smoothing", class: "slider" }, "Smoothing", smoothing),
    zoom,
  );
  return {
    element,
    show(state) {
      for (const [i, axis] of axes.entries()) axisButtons[i]?.setAttribute("aria-pressed", String(state.axis === axis));
      log.setAttribute("aria-pressed", String(state.log));
      log.title = `Logarithmic ${axisTitles[state.axis]} axis (l)`;
      smoothing.value = String(state.smooth);
      zoom.hidden = state.range === undefined;
      const ends = state.range?.map((end) => Number(end.toPrecision(4)).toLocaleString()).join(" – ");
      zoom.firstElementChild!.textContent = ends === undefined ? "" : `${axisTitles[state.axis]} ${ends}`;
    },
  };
}
