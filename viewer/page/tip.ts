/** The one box that follows the pointer and says what is under it. */

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
}

export interface Tip {
  readonly axis: Axis;
  readonly x: number;
  readonly rows: readonly TipRow[];
  readonly notes: readonly string[];
}

const mostRows = 24;
const box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });

/** Shows values at a place in the window. */
export function showTip(at: { left: number; top: number }, { axis, x, rows, notes }: Tip): void {
  const shown = rows.slice(0, mostRows);
  const stride = Math.max(1, ...rows.map((row) => row.stride));
  place(
    at,
    h(
      "p",
      { class: "tip-head" },
      `${axisTitles[axis]} ${position(axis, x)}`,
      stride > 1 && ` · ${grouped(stride)} steps`,
    ),
    h(
      "table",
      {},
      ...shown.map((row) =>
        h(
          "tr",
          {},
          swatchCell(row.colour),
          h("td", {}, row.label),
          h(
            "td",
            { class: "number" },
            row.low === undefined ? exact(row.value) : `${exact(row.low)} … ${exact(row.value)}`,
          ),
          h("td", { class: "quiet" }, row.x === x ? "" : `at ${position(axis, row.x)}`),
        ),
      ),
    ),
    rows.length > mostRows && h("p", { class: "quiet" }, `and ${rows.length - mostRows} more`),
    ...notes.slice(0, 6).map((note) => h("p", { class: "tip-note" }, note)),
  );
  announce(
    `${axisTitles[axis]} ${position(axis, x)}: ${shown.map((row) => `${row.label} ${exact(row.value)}`).join(", ")}`,
  );
}

/** Shows names and values of anything else. */
export function showFacts(at: { left: number; top: number }, facts: readonly (readonly [string, string])[]): void {
  place(
    at,
    h("table", {}, ...facts.map(([name, value]) => h("tr", {}, h("td", { class: "quiet" }, name), h("td", {}, value)))),
  );
}

export function hideTip(): void {
  box.hidden = true;
}

function place({ left, top }: { left: number; top: number }, ...content: (Node | string | false)[]): void {
  if (!box.isConnected) document.body.append(box);
  fill(box, ...content);
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const x = left + 16 + width > room ? left - 16 - width : left + 16;
  box.style.left = `${Math.max(4, Math.min(x, room - width - 4))}px`;
  box.style.top = `${Math.max(4, Math.min(top + 12, innerHeight - height - 4))}px`;
}

function swatchCell(colour: string): HTMLElement {
  const swatch = h("span", { class: "swatch" });
  swatch.style.background = colour;
  return h("td", {}, swatch);
}

function position(axis: Axis, x: number): string {
  return axis === "time" ? `${exact(Number(x.toPrecision(5)))} h` : grouped(Math.round(x));
}
