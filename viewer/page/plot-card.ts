/** A card whose picture is made of a spec and records of its own: what the viewer draws besides declared charts. */
import type { Fields } from "../charts/records.ts";
import { dressed, isOnePlot } from "../charts/spec.ts";
import { card } from "./card.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { fill, h } from "./dom.ts";
import { csv, download, fileName } from "./download.ts";
import { onRoom } from "./room.ts";
import type { Drawn } from "./vega-draw.ts";

/** Height of a picture, where its card has no more room; as style sheets have it. */
const leastHeight = 240;

/** What to draw, or why there is nothing. */
export type Plot =
  | { readonly spec: Readonly<Record<string, unknown>>; readonly records: readonly Fields[]; readonly note?: string }
  | { readonly empty: string };

export interface PlotCardParts {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Choices above the picture. */
  readonly controls: readonly HTMLElement[];
  readonly wide?: boolean;
  readonly height?: number;
  make(): Promise<Plot>;
  /** Someone clicked on a mark. */
  pick?(record: Fields): void;
}

export function plotCard(parts: PlotCardParts, context: ChartContext): LiveChart {
  const { id, title, description, controls, make } = parts;
  const frame = card(id, title, description, [
    { name: "Save as SVG", run: async () => saveText(await drawn?.toSVG()) },
    { name: "Save as PNG", run: savePng },
    { name: "Save data as CSV", run: () => saveRecords() },
  ]);
  const place = h("div", { class: "vega" });
  const holder = h(
    "div",
    { class: "holder" },
    controls.length > 0 && h("div", { class: "plot-controls" }, ...controls),
    place,
  );
  frame.element.classList.toggle("whole-row", parts.wide ?? false);
  let drawn: Drawn | undefined;
  let shown: Extract<Plot, { spec: unknown }> | undefined;
  let asked = 0;
  /** The room that was painted for. */
  let fitted = "";
  const room = () => `${place.clientWidth} ${place.clientHeight}`;
  const deaf = onRoom(place, () => drawn && room() !== fitted && void paint().catch(() => {}));

  async function update(): Promise<void> {
    const mine = ++asked;
    const plot = await make();
    if (mine !== asked) return;
    if ("empty" in plot) {
      drop();
      shown = undefined;
      // With choices to make, the card stays: another choice may have something to show.
      if (controls.length === 0) return frame.empty(plot.empty);
      if (!holder.isConnected) fill(frame.body, holder);
      fill(place, h("p", { class: "empty" }, plot.empty));
      return;
    }
    frame.filled();
    if (!holder.isConnected) fill(frame.body, holder);
    shown = plot;
    frame.note(plot.note ?? "");
    try {
      await paint();
    } catch (thrown) {
      fill(
        place,
        h("p", { class: "empty" }, `This cannot be drawn: ${thrown instanceof Error ? thrown.message : thrown}`),
      );
    }
  }

  async function paint(): Promise<void> {
    if (!shown) return;
    const { draw } = await import("./vega-draw.ts");
    const { records, spec } = shown;
    const fills = isOnePlot(spec) && spec.height === undefined;
    place.classList.toggle("fills", fills);
    fitted = room();
    const height = Math.max(parts.height ?? leastHeight, fills ? place.clientHeight : 0);
    const panels = new Set(records.map(({ layer }) => layer)).size;
    const layers = Math.max(1, ...context.runs.map((run) => run.layers));
    const dress = {
      theme: context.theme(),
      axis: "step",
      log: false,
      width: Math.max(200, place.clientWidth),
      height,
      layers,
      panels,
    } as const;
    drop();
    drawn = await draw(place, dressed(spec, dress), records, `${title}. ${description}`, parts.pick);
  }

  function drop(): void {
    drawn?.destroy();
    drawn = undefined;
  }

  const name = () => fileName(context.fileStem(), id);
  function saveText(svg: string | undefined): void {
    if (svg !== undefined) download(`${name()}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  }
  async function savePng(): Promise<void> {
    if (!drawn) return;
    const { blobOf } = await import("./raster.ts");
    download(`${name()}.png`, await blobOf(await drawn.toCanvas(2)));
  }
  function saveRecords(): void {
    if (shown) download(`${name()}.csv`, new Blob([csv(shown.records)], { type: "text/csv" }));
  }

  return {
    element: frame.element,
    update,
    redraw: () => void paint(),
    destroy() {
      deaf();
      drop();
    },
    kind: "vega",
    id,
    title,
    words: `${title} ${description}`,
  };
}

/** A labelled choice. */
export function choice(
  label: string,
  options: readonly (readonly [string, string])[],
  value: string,
  changed: (value: string) => void,
): HTMLElement {
  const select = h("select", { "aria-label": label });
  for (const [key, text] of options) {
    const option = h("option", { value: key }, text);
    option.selected = key === value;
    select.append(option);
  }
  select.addEventListener("change", () => changed(select.value));
  return h("label", { class: "choice" }, h("span", { class: "quiet" }, label), select);
}
