/** A card with a declared chart that asks for more than lines: drawn by Vega-Lite, one picture a run unless it compares runs. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { RunDetail } from "../api.ts";
import { keysOf } from "../charts/metric-key.ts";
import type { ShownRun } from "../charts/panels.ts";
import { arrayRecords, eventRecords, type Fields, scalarRecords, withHours } from "../charts/records.ts";
import { dressed } from "../charts/spec.ts";
import { askArrays, askEvents, askSeries } from "./api.ts";
import { card } from "./card.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { fill, h } from "./dom.ts";
import { csv, download, fileName } from "./download.ts";
import type { Drawn } from "./vega-draw.ts";

const scalarPoints = 600;
/** Pictures side by side at first; the rest on demand. */
const firstPictures = 4;

interface Picture {
  readonly runs: readonly ShownRun[];
  readonly place: HTMLElement;
  drawn?: Drawn;
  dress?: string;
}

/** Makes the card; nothing is asked for before `update`. */
export function vegaCard(
  id: string,
  chart: DeclaredChart,
  details: ReadonlyMap<string, RunDetail>,
  context: ChartContext,
): LiveChart {
  const frame = card(id, chart.title, chart.description, [
    { name: "Save as SVG", run: () => save("svg") },
    { name: "Save as PNG", run: () => save("png") },
    { name: "Save data as CSV", run: saveCsv },
  ]);
  const together = comparesRuns(chart.spec);
  let pictures: Picture[] = [];
  let all = false;
  let tables = new Map<string, readonly Fields[]>();
  let asked = 0;

  async function recordsOf(run: ShownRun): Promise<{ records: Fields[]; note: string }> {
    const detail = details.get(run.id);
    if (chart.data === "events") {
      const events = await askEvents(run.id);
      return {
        records: withHours(eventRecords(run.label, events, chart.section, chart.only), run.createdAt),
        note: "",
      };
    }
    if (chart.data === "arrays") {
      const { slices, steps, sent, problems } = await askArrays(run.id, chart);
      const some = sent < steps && (chart.steps ?? "all") === "all" ? `${sent} of ${steps} probe steps shown.` : "";
      return { records: arrayRecords(run.label, slices), note: [some, ...problems.slice(0, 2)].join(" ").trim() };
    }
    const keys = keysOf(chart, detail?.keys ?? []);
    if (keys.length === 0) return { records: [], note: "" };
    const { axis, range } = context.state();
    // Transforms of a spec may look at the first and the last step: the whole run is asked for, the scale is zoomed.
    const series = await askSeries(run.id, keys, { axis, points: range ? scalarPoints * 4 : scalarPoints });
    return { records: withHours(scalarRecords(run.label, series, keys), run.createdAt), note: "" };
  }

  async function update(): Promise<void> {
    const mine = ++asked;
    const runs = together || all ? context.runs : context.runs.slice(0, firstPictures);
    const found = await Promise.all(runs.map(recordsOf));
    if (mine !== asked) return;
    tables = new Map(runs.map((run, i) => [run.id, found[i]!.records]));
    const notes = [...new Set(found.map(({ note }) => note).filter((note) => note !== ""))].join(" ");
    if (found.every(({ records }) => records.length === 0)) {
      drop();
      const what = chart.data === "events" ? "events" : "values";
      frame.empty(context.live() ? `No ${what} yet: they appear as the run goes on.` : `No ${what} on record.`);
      return;
    }
    if (pictures.length === 0 || pictures.flatMap((picture) => picture.runs).length !== runs.length) frameAll(runs);
    for (const picture of pictures) await paint(picture);
    frame.note(notes);
  }

  function frameAll(runs: readonly ShownRun[]): void {
    drop();
    frame.element.classList.toggle("whole-row", !together && runs.length > 1);
    const groups = together ? [runs] : runs.map((run) => [run]);
    pictures = groups.map((group) => ({ runs: group, place: h("div", { class: "vega" }) }));
    const left = context.runs.length - runs.length;
    fill(
      frame.body,
      h(
        "div",
        { class: groups.length > 1 ? "panels wide" : "" },
        ...pictures.map(({ runs: [run], place }) =>
          h("div", {}, groups.length > 1 && h("h4", {}, run?.label ?? ""), place),
        ),
      ),
      left > 0 &&
        h(
          "button",
          {
            type: "button",
            onclick: () => {
              all = true;
              void update();
            },
          },
          `Show ${left} more runs`,
        ),
    );
  }

  async function paint(picture: Picture): Promise<void> {
    const records = picture.runs.flatMap((run) => tables.get(run.id) ?? []);
    const spec = dress(picture, records);
    const key = JSON.stringify(spec);
    try {
      if (picture.drawn && picture.dress === key) return await picture.drawn.update(records);
      const { draw } = await import("./vega-draw.ts");
      picture.drawn?.destroy();
      const label = `${chart.title}. ${chart.description}`;
      picture.drawn = await draw(picture.place, spec, records, label);
      picture.dress = key;
      // Legends and axes of a composed chart take room that only drawing tells: once more, that much narrower.
      const over = picture.place.scrollWidth - picture.place.clientWidth;
      if (over <= 1) return;
      picture.drawn.destroy();
      picture.drawn = await draw(picture.place, dress(picture, records, over), records, label);
    } catch (thrown) {
      delete picture.drawn;
      fill(
        picture.place,
        h(
          "p",
          { class: "empty" },
          `This chart's spec cannot be drawn: ${thrown instanceof Error ? thrown.message : thrown}`,
        ),
      );
    }
  }

  function dress(picture: Picture, records: readonly Fields[], over = 0): Record<string, unknown> {
    const { axis, log, range } = context.state();
    return dressed(chart.spec, {
      theme: context.theme(),
      axis: chart.data === "arrays" && axis === "time" ? "step" : axis,
      log,
      range: chart.data === "arrays" && axis === "time" ? undefined : range,
      width: Math.max(200, picture.place.clientWidth - over),
      height: 240,
      layers: Math.max(1, ...picture.runs.map(({ layers }) => layers)),
      panels: new Set(records.map(({ layer }) => layer)).size,
    });
  }

  function redraw(): void {
    for (const picture of pictures) void paint(picture);
  }

  function drop(): void {
    for (const { drawn } of pictures) drawn?.destroy();
    pictures = [];
  }

  async function save(kind: "svg" | "png"): Promise<void> {
    for (const { runs, drawn } of pictures) {
      if (!drawn) continue;
      const name = fileName(context.fileStem(), ...(pictures.length > 1 ? [runs[0]?.label ?? ""] : []), id);
      if (kind === "svg") download(`${name}.svg`, new Blob([await drawn.toSVG()], { type: "image/svg+xml" }));
      else {
        const { blobOf } = await import("./raster.ts");
        download(`${name}.png`, await blobOf(await drawn.toCanvas(2)));
      }
    }
  }

  function saveCsv(): void {
    const records = [...tables.values()].flat();
    download(`${fileName(context.fileStem(), id)}.csv`, new Blob([csv(records)], { type: "text/csv" }));
  }

  return { element: frame.element, update, redraw, destroy: drop, kind: "vega" };
}

/** Whether a spec tells runs apart itself, in a channel that is seen. */
function comparesRuns(spec: unknown): boolean {
  if (Array.isArray(spec)) return spec.some(comparesRuns);
  if (typeof spec !== "object" || spec === null) return false;
  return Object.entries(spec).some(([key, value]) => {
    if (key === "detail" || key === "transform") return false;
    const field = (value as { field?: unknown } | null)?.field;
    return (typeof value === "object" && field === "run") || comparesRuns(value);
  });
}
