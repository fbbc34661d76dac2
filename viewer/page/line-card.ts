/** A card of lines: fetches what is in view, draws it, keeps it up to date, exports it. */
import type { RunSeries } from "../api.ts";
import { type Line, type LineChartLook, lineRecords, lineSpec } from "../charts/line-spec.ts";
import { type Panel, panels, positions } from "../charts/panels.ts";
import { axisTitles, dressed } from "../charts/spec.ts";
import { askSeries } from "./api.ts";
import { card } from "./card.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { fill, h } from "./dom.ts";
import { csv, download, fileName } from "./download.ts";
import { LineChart } from "./line-chart.ts";
import type { Mark } from "./line-draw.ts";
import type { Range } from "./line-scale.ts";
import { oddColour, oddities } from "./oddities.ts";

export interface LineCardSpec {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Keys in any of the runs. */
  readonly keys: readonly string[];
  readonly yTitle: string;
  readonly percent: boolean;
  readonly logY: boolean;
  readonly domain?: Range;
  readonly dots?: readonly string[];
}

const exportPoints = 10_000;

/** Makes the card; nothing is asked for before `update`. */
export function lineCard(spec: LineCardSpec, context: ChartContext): LiveChart {
  const frame = card(spec.id, spec.title, spec.description, [
    { name: "Logarithmic y axis on / off", run: () => context.toggleLogY(spec.id) },
    { name: "Save as SVG", run: () => save("svg") },
    { name: "Save as PNG", run: () => save("png") },
    { name: "Save data as CSV", run: saveCsv },
  ]);
  let charts: LineChart[] = [];
  let series: RunSeries[] = [];
  let asked = 0;

  function look(panel?: Panel): LineChartLook {
    const { axis, log, range, logY } = context.state();
    const flipped = logY.includes(spec.id);
    return {
      title: panel?.title ?? spec.yTitle,
      axis,
      logX: log,
      logY: spec.logY !== flipped,
      percent: spec.percent,
      range,
      // A fixed domain that holds zero cannot be logarithmic.
      domain: spec.logY !== flipped && (spec.domain?.[0] ?? 0) <= 0 ? undefined : spec.domain,
    };
  }

  async function fetchAll(points: number): Promise<RunSeries[]> {
    const { axis, range } = context.state();
    return Promise.all(
      context.runs.map((run) => {
        const bound = (at: number) => (axis === "time" ? run.createdAt + at * 3_600_000 : at);
        const window = range ? { from: bound(range[0]), to: bound(range[1]) } : {};
        return askSeries(run.id, spec.keys, { axis, points, ...window });
      }),
    );
  }

  function built(from: readonly RunSeries[]): readonly Panel[] {
    const { axis, smooth } = context.state();
    return panels(spec.keys, context.runs, from, { axis, smooth, theme: context.theme(), dots: spec.dots ?? [] });
  }

  async function update(): Promise<void> {
    const mine = ++asked;
    const width = Math.max(300, frame.body.clientWidth);
    // Two points a pixel column; fewer where many lines share it.
    const points = Math.max(250, (width * 2) / Math.max(1, context.runs.length / 8));
    const next = await fetchAll(points);
    if (mine !== asked) return;
    series = next;
    redraw();
  }

  /** Draws again what has been fetched: another theme, smoothing, or scale. */
  function redraw(): void {
    const shown = built(series);
    if (shown.every(({ lines }) => lines.every(({ y }) => y.every((value) => value === null)))) {
      drop();
      frame.empty(context.live() ? "No values yet: they appear as the run goes on." : "No values on record.");
      return;
    }
    if (charts.length !== shown.length) build(shown);
    const marks = [...context.marks(), ...crosses()];
    for (const [i, panel] of shown.entries()) {
      const { lines, strides } = panel;
      const labels = shown.length === 1;
      charts[i]?.set({ lines, strides, marks, labels, happened: context.happened }, look(panel), context.theme());
    }
    frame.note(notes());
  }

  function build(shown: readonly Panel[]): void {
    drop();
    frame.element.classList.toggle("whole-row", shown.length > 1);
    const places = shown.map((panel) => {
      const label = `${spec.title}${panel.title === undefined ? "" : `, ${panel.title}`}. Arrow keys read values, + and − zoom.`;
      const place = h("div", { class: "plot", tabindex: 0, role: "application", "aria-label": label });
      return { place, panel };
    });
    fill(
      frame.body,
      h(
        "div",
        { class: shown.length > 1 ? "panels" : "" },
        ...places.map(({ place, panel }) => h("div", {}, panel.title !== undefined && h("h4", {}, panel.title), place)),
      ),
    );
    charts = places.map(
      ({ place, panel }) => new LineChart(place, look(panel), context.theme(), { zoom: context.zoom }),
    );
  }

  function drop(): void {
    for (const chart of charts) chart.destroy();
    charts = [];
  }

  /** Values that are not finite cannot be drawn as lines, but must not vanish: they diverge. */
  function crosses(): Mark[] {
    const { axis } = context.state();
    return series.flatMap((one, r) =>
      Object.entries(one.nonFinite).flatMap(([key, list]) =>
        list.slice(0, 200).flatMap(({ step }) => {
          const i = one.step.findIndex((at) => at >= step);
          const x = positions(one, axis, context.runs[r]?.createdAt ?? 0)[i];
          return x === undefined ? [] : [{ x, shape: "cross" as const, colour: oddColour(key, context.theme()) }];
        }),
      ),
    );
  }

  function notes(): string {
    const read = Math.min(1, ...series.map((one) => one.read));
    const sampled = read < 1 ? `A sample: the run is being indexed (${Math.floor(read * 100)} %).` : "";
    return [sampled, oddities(context.runs, series)].filter((text) => text !== "").join(" ");
  }

  function allLines(from: readonly RunSeries[]): Line[] {
    return built(from).flatMap(({ title, lines }) =>
      lines.map((line) => (title === undefined ? line : { ...line, label: `${line.label} · ${title}` })),
    );
  }

  async function save(kind: "svg" | "png"): Promise<void> {
    const { toSvg } = await import("./vega-draw.ts");
    const lines = allLines(series);
    const { axis, log } = context.state();
    const size = { width: 760, height: 380, layers: 1, panels: 1 };
    const plain = lineSpec(lines, look(), axisTitles[axis]);
    const whole = { ...dressed(plain, { theme: context.theme(), axis, log, ...size }), title: spec.title };
    const svg = await toSvg({ ...whole, background: context.background() }, lineRecords(lines));
    const name = fileName(context.fileStem(), spec.id);
    if (kind === "svg") return download(`${name}.svg`, new Blob([svg], { type: "image/svg+xml" }));
    const { rasterize } = await import("./raster.ts");
    download(`${name}.png`, await rasterize(svg));
  }

  async function saveCsv(): Promise<void> {
    const all = await fetchAll(exportPoints);
    const records = all.flatMap((one, r) =>
      spec.keys.flatMap((key) =>
        (one.values[key] ?? []).flatMap((value, i) =>
          value === null
            ? []
            : [
                {
                  run: context.runs[r]?.id,
                  step: one.step[i],
                  tokens: one.tokens[i],
                  time: one.time[i],
                  metric: key,
                  value,
                },
              ],
        ),
      ),
    );
    download(`${fileName(context.fileStem(), spec.id)}.csv`, new Blob([csv(records)], { type: "text/csv" }));
    const stride = Math.max(1, ...all.map((one) => one.stride));
    if (stride > 1)
      frame.note(`The CSV holds the smallest and largest of every ${stride} rows. Zoom in for every row.`);
  }

  return { element: frame.element, update, redraw, destroy: drop, kind: "lines" };
}
