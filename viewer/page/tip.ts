/** The one box that says what is under the pointer. Of a plot it stands beneath or above, never on the lines. */
import { exact, grouped } from "../charts/format.ts";
import { axisTitles } from "../charts/spec.ts";
import type { Axis } from "../series/axes.ts";
import { announce, fill, h } from "./dom.ts";

export interface TipRow {
  readonly label: string;
  readonly colour: string;
  readonly value: number;
  /** With it, the row stands for many rows: from `low` to `value`. */
  readonly low?: number;
  readonly stride: number;
  /** Where the measurement was taken. */
  readonly x: number;
  /** Of a group: its interval, and from how many runs. */
  readonly interval?: readonly [number, number] | undefined;
  readonly n?: number | undefined;
  /** Pixels between the pointer and the line. */
  readonly distance: number;
}

export interface Tip {
  readonly axis: Axis;
  readonly x: number;
  readonly rows: readonly TipRow[];
  readonly notes: readonly string[];
}

/** Up to this many lines are all listed; of more, the nearest to the pointer. */
const mostRows = 8;
const nearestRows = 5;
const box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

/** Shows values at x pixels from the window's left, beside the plot that they belong to. */
export function showTip(left: number, plot: DOMRect, { axis, x, rows, notes }: Tip): void {
  const shown = rows.length <= mostRows ? rows : nearest(rows);
  const stride = Math.max(1, ...rows.map((row) => row.stride));
  content(
    h(
      "p",
      { class: "tip-head" },
      `${axisTitles[axis]} ${position(axis, x)}`,
      stride > 1 && ` · ${grouped(stride)} steps`,
    ),
    h("table", {}, ...shown.map((row) => tableRow(row, axis, x))),
    rows.length > shown.length && h("p", { class: "quiet" }, `the nearest ${shown.length} of ${rows.length}`),
    ...notes.slice(0, 6).map((note) => h("p", { class: "tip-note" }, note)),
  );
  const { width, height } = box.getBoundingClientRect();
  const below = plot.bottom + 6 + height <= innerHeight;
  const above = plot.top - 6 - height >= 0;
  const room = document.documentElement.clientWidth;
  const beside = left > room / 2 ? left - 28 - width : left + 28;
  const across = below || above ? left - width / 2 : beside;
  box.style.left = `${Math.max(4, Math.min(across, room - width - 4))}px`;
  box.style.top = `${below ? plot.bottom + 6 : above ? plot.top - 6 - height : Math.max(4, innerHeight - height - 4)}px`;
  announce(
    `${axisTitles[axis]} ${position(axis, x)}: ${shown.map((row) => `${row.label} ${exact(row.value)}`).join(", ")}`,
  );
}

function tableRow(row: TipRow, axis: Axis, x: number): HTMLElement {
  const value = row.low === undefined ? exact(row.value) : `${exact(row.low)} … ${exact(row.value)}`;
  return h(
    "tr",
    {},
    swatchCell(row.colour),
    h("td", {}, row.label),
    h("td", { class: "number" }, value),
    h("td", { class: "quiet number" }, row.interval && `[${row.interval.map(exact).join(", ")}]`),
    h("td", { class: "quiet" }, row.n !== undefined && `n ${row.n}`, row.x === x ? "" : ` at ${position(axis, row.x)}`),
  );
}

function nearest(rows: readonly TipRow[]): TipRow[] {
  const close = [...rows].sort((a, b) => a.distance - b.distance).slice(0, nearestRows);
  return close.sort((a, b) => b.value - a.value);
}

/** Shows names and values of anything else, beside the pointer. */
export function showFacts(at: { left: number; top: number }, facts: readonly (readonly [string, string])[]): void {
  content(
    h("table", {}, ...facts.map(([name, value]) => h("tr", {}, h("td", { class: "quiet" }, name), h("td", {}, value)))),
  );
  const { width, height } = box.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const x = at.left + 16 + width > room ? at.left - 16 - width : at.left + 16;
  box.style.left = `${Math.max(4, Math.min(x, room - width - 4))}px`;
  box.style.top = `${Math.max(4, Math.min(at.top + 12, innerHeight - height - 4))}px`;
}

export function hideTip(): void {
  box.hidden = true;
}

function content(...parts: (Node | string | false)[]): void {
  if (!box.isConnected) document.body.append(box);
  fill(box, ...parts);
  box.hidden = false;
}

function swatchCell(colour: string): HTMLElement {
  const swatch = h("span", { class: "swatch" });
  swatch.style.background = colour;
  return h("td", {}, swatch);
}

function position(axis: Axis, x: number): string {
  return axis === "time" ? `${exact(Number(x.toPrecision(5)))} h` : grouped(Math.round(x));
}
