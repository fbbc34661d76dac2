/** A card with a declared chart that asks for more than lines: drawn by Vega-Lite, one picture a run unless it compares runs. */
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { ArraySlice, RunDetail } from "../api.ts";
import { chartFault } from "../charts/chart-fault.ts";
import { keysOf } from "../charts/metric-key.ts";
import type { ShownRun } from "../charts/panels.ts";
import { arrayRecords, eventRecords, type Fields, scalarRecords, withHours } from "../charts/records.ts";
import { comparesRuns, dressed, isOnePlot } from "../charts/spec.ts";
import { askArrays, askEvents, askSeries } from "./api.ts";
import { card } from "./card.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { fill, h } from "./dom.ts";
import { csv, download, fileName } from "./download.ts";
import { onRoom } from "./room.ts";
import { stepSlider } from "./step-slider.ts";
import type { Drawn } from "./vega-draw.ts";

const scalarPoints = 600;
/** Height of a picture, where its card has no more room; as style sheets have it. */
const leastHeight = 240;
/** Pictures side by side at first, of runs of different groups; others by choice. */
const firstPictures = 2;

interface Picture {
  runs: readonly ShownRun[];
  readonly place: HTMLElement;
  /** Stops looking at the room that it has. */
  readonly deaf: () => void;
  drawn?: Drawn;
  dress?: string;
  /** What is being painted: the next waits for it, or the older might end last. */
  painting?: Promise<void>;
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
  const slides = chart.data === "arrays" && (chart.steps === "last" || chart.steps === "first-and-last");
  const slider = stepSlider(() => void update());
  let pictures: Picture[] = [];
  let chosen: ShownRun[] = [];
  let tables = new Map<string, readonly Fields[]>();
  let asked = 0;

  /** Of all steps those that the chart is to show, with the slider's in the place of the last. */
  function atStep(run: string, slices: readonly ArraySlice[]): readonly ArraySlice[] {
    if (run === chosen[0]?.id || context.runs.length === 1)
      slider.steps([...new Set(slices.map(({ step }) => step))].sort((a, b) => a - b));
    const wanted = slider.step ?? Number.POSITIVE_INFINITY;
    const upTo = [...new Set(slices.map(({ step }) => step))].filter((step) => step <= wanted);
    const shown = [...(chart.steps === "first-and-last" ? [Math.min(...upTo)] : []), Math.max(...upTo)];
    return slices.filter(({ step }) => shown.includes(step));
  }

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
      const {
        slices: all,
        steps,
        sent,
        problems,
      } = await askArrays(run.id, slides ? { ...chart, steps: "all" } : chart);
      const slices = slides ? atStep(run.id, all) : all;
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

  const declared = [...details.values()].flatMap(({ metrics }) => metrics.map(({ key }) => key));
  const fault = chartFault(chart, [...new Set(declared)]);

  async function update(): Promise<void> {
    if (fault !== undefined) return frame.fault(fault);
    const mine = ++asked;
    const { hidden } = context.many();
    if (chosen.length === 0) chosen = examples();
    const runs = together ? context.runs.filter(({ id }) => !hidden.has(id)) : chosen;
    const found = await Promise.all(runs.map(recordsOf));
    if (mine !== asked) return;
    tables = new Map(runs.map((run, i) => [run.id, found[i]!.records]));
    const notes = [...new Set(found.map(({ note }) => note).filter((note) => note !== ""))].join(" ");
    if (found.every(({ records }) => records.length === 0)) {
      drop();
      frame.empty(emptyReason());
      return;
    }
    frame.filled();
    const atLast = slider.atEnd;
    const groups = together ? [runs] : runs.map((run) => [run]);
    if (JSON.stringify(groups) !== JSON.stringify(pictures.map((picture) => picture.runs))) frameAll(groups);
    for (const picture of pictures) await paint(picture);
    frame.note(notes);
    // At an earlier step there may be something: then the slider has to stay.
    if (atLast && pictures.every(({ drawn }) => drawn && !drawn.shows())) {
      drop();
      frame.empty("what is on record has nothing to show yet (no such unit, or only zeros).");
    }
  }

  /** The first run of each of the first groups that are shown. */
  function examples(): ShownRun[] {
    const { subjects, hidden } = context.many();
    const shown = subjects.filter(({ key }) => !hidden.has(key));
    return (shown.length > 0 ? shown : subjects)
      .slice(0, firstPictures)
      .map((subject) => context.runs[subject.runs[0]!]!);
  }

  function emptyReason(): string {
    const what =
      chart.data === "events" ? (chart.only ?? ["any"]).map((kind) => `${kind} event`).join(" or ") : "value";
    const runs = context.runs.length > 1 && !together ? " in the runs shown" : "";
    return context.live()
      ? `no ${what} yet; what there is appears as the run goes on.`
      : `no ${what} on record${runs}.`;
  }

  function frameAll(groups: readonly (readonly ShownRun[])[]): void {
    drop();
    const several = context.runs.length > 1 && !together;
    frame.element.classList.toggle("whole-row", groups.length > 1);
    pictures = groups.map((group): Picture => {
      const place = h("div", { class: isOnePlot(chart.spec) ? "vega fills" : "vega" });
      const deaf = onRoom(place, () => pictures.includes(picture) && void refit(picture));
      const picture: Picture = { runs: group, place, deaf };
      return picture;
    });
    fill(
      frame.body,
      slides && slider.element,
      h(
        "div",
        { class: groups.length > 1 ? "panels plots wide" : "panels plots" },
        ...pictures.map(({ place }, i) => h("div", {}, several && runChoice(i), place)),
      ),
      several &&
        chosen.length < context.runs.length &&
        h("button", { type: "button", class: "more", onclick: () => choose(chosen.length) }, "Another run beside"),
    );
  }

  function runChoice(i: number): HTMLElement {
    const select = h("select", { class: "run-choice", "aria-label": `Run of picture ${i + 1} of ${chart.title}` });
    for (const run of context.runs) {
      const option = h("option", { value: run.id }, run.label);
      option.selected = run.id === chosen[i]?.id;
      select.append(option);
    }
    select.addEventListener("change", () => choose(i, select.value));
    return select;
  }

  function choose(i: number, id?: string): void {
    const run = context.runs.find((one) => (id === undefined ? !chosen.includes(one) : one.id === id));
    if (!run) return;
    chosen = [...chosen.slice(0, i), run, ...chosen.slice(i + 1)];
    void update();
  }

  function recordsIn(picture: Picture): readonly Fields[] {
    return picture.runs.flatMap((run) => tables.get(run.id) ?? []);
  }

  /** Paints a picture whose room is not what it was painted for. */
  async function refit(picture: Picture): Promise<void> {
    await picture.painting;
    if (picture.drawn && picture.dress !== JSON.stringify(dress(picture, recordsIn(picture)))) await paint(picture);
  }

  function paint(picture: Picture): Promise<void> {
    picture.painting = (picture.painting ?? Promise.resolve()).then(() => paintNow(picture));
    return picture.painting;
  }

  async function paintNow(picture: Picture): Promise<void> {
    if (!pictures.includes(picture)) return;
    const records = recordsIn(picture);
    const spec = dress(picture, records);
    const key = JSON.stringify(spec);
    try {
      if (picture.drawn && picture.dress === key) return await picture.drawn.update(records);
      const { draw } = await import("./vega-draw.ts");
      picture.drawn?.destroy();
      const label = `${chart.title}. ${chart.description}`;
      picture.drawn = await draw(picture.place, spec, records, label, (record) => openUnit(picture, record));
      picture.dress = key;
      // Legends and axes of a composed chart take room that only drawing tells: once more, that much narrower.
      const over = picture.place.scrollWidth - picture.place.clientWidth;
      if (over <= 1) return;
      picture.drawn.destroy();
      picture.drawn = await draw(picture.place, dress(picture, records, over), records, label, (record) =>
        openUnit(picture, record),
      );
    } catch (thrown) {
      delete picture.drawn;
      fill(
        picture.place,
        h(
          "p",
          { class: "empty" },
          `This chart's spec cannot be drawn: ${thrown instanceof Error ? thrown.message : thrown} (chart ${chart.id} of ${chart.section.replaceAll("_", "-")})`,
        ),
      );
    }
  }

  /** A mark that stands for one unit leads to its page. */
  function openUnit({ runs: [run] }: Picture, record: Fields): void {
    const { layer, unit = record.neuron } = record;
    if (run && !together && typeof layer === "number" && typeof unit === "number")
      context.openUnit(run.id, layer, unit);
  }

  function dress(picture: Picture, records: readonly Fields[], over = 0): Record<string, unknown> {
    const { axis, log, range } = context.state();
    return dressed(chart.spec, {
      theme: context.theme(),
      axis: chart.data === "arrays" && axis === "time" ? "step" : axis,
      log,
      range: chart.data === "arrays" && axis === "time" ? undefined : range,
      width: Math.max(200, picture.place.clientWidth - over),
      height: Math.max(leastHeight, isOnePlot(chart.spec) ? picture.place.clientHeight : 0),
      layers: Math.max(1, ...picture.runs.map(({ layers }) => layers)),
      panels: new Set(records.map(({ layer }) => layer)).size,
    });
  }

  function redraw(): void {
    for (const picture of pictures) void paint(picture);
  }

  function drop(): void {
    for (const { drawn, deaf } of pictures) {
      deaf();
      drawn?.destroy();
    }
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

  return {
    element: frame.element,
    update,
    redraw,
    destroy: drop,
    kind: "vega",
    id,
    title: chart.title,
    words: [chart.title, chart.section, ...(chart.only ?? []), chart.description].join(" "),
  };
}
