/** A card of lines: fetches what is in view, draws it, keeps it up to date, exports it. */
import type { RunSeries } from "../api.ts";
import { groupedPanels } from "../charts/grouped-panels.ts";
import { type Line, type LineChartLook, lineRecords, lineSpec } from "../charts/line-spec.ts";
import type { MetricRanges } from "../charts/metric-range.ts";
import { type Panel, panels, positions } from "../charts/panels.ts";
import { axisTitles, dressed } from "../charts/spec.ts";
import type { AlignedRuns } from "../many/api.ts";
import { askAligned, askManySeries } from "./api.ts";
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
  /** What the metrics say that their values may be. */
  readonly ranges: MetricRanges;
  readonly dots?: readonly string[];
}

const exportPoints = 10_000;
/** Positions at which groups are averaged; fewer where very many runs share them. */
const mostBins = 220;

/** Makes the card; nothing is asked for before `update`. */
export function lineCard(spec: LineCardSpec, context: ChartContext): LiveChart {
  const frame = card(spec.id, spec.title, spec.description, [
    { name: "Logarithmic y axis on / off", run: () => context.toggleLogY(spec.id) },
    { name: "Save as SVG", run: () => save("svg") },
    { name: "Save as PNG", run: () => save("png") },
    { name: "Save data as CSV", run: saveCsv },
  ]);
  let charts: LineChart[] = [];
  let series: readonly RunSeries[] = [];
  let aligned: AlignedRuns | undefined;
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

  const ids = context.runs.map(({ id }) => id);

  function windowOf(points: number) {
    const { axis, range } = context.state();
    return { axis, points, ...(range && { from: range[0], to: range[1] }) };
  }

  function built(): readonly Panel[] {
    const { axis, smooth } = context.state();
    const { subjects, colours, runColours, hidden, baseline } = context.many();
    const dots = spec.dots ?? [];
    if (aligned) {
      const shown = subjects
        .map((subject, i) => ({ subject, colour: colours[i]! }))
        .filter(({ subject }) => !hidden.has(subject.key));
      const [of, colour] = [shown.map((one) => one.subject), shown.map((one) => one.colour)];
      return groupedPanels(spec.keys, aligned, {
        smooth,
        dots,
        subjects: of,
        colours: colour,
        ranges: spec.ranges,
        baseline,
      });
    }
    const out = new Set(context.runs.flatMap(({ id }, i) => (hidden.has(id) ? [i] : [])));
    return panels(spec.keys, context.runs, series, {
      axis,
      smooth,
      theme: context.theme(),
      dots,
      colours: runColours,
      hidden: out,
    });
  }

  async function update(): Promise<void> {
    const mine = ++asked;
    const width = Math.max(300, frame.body.clientWidth);
    const { by, baseline } = context.many();
    if (by.length > 0 || baseline) {
      const bins = Math.min(mostBins, Math.max(60, 30_000 / ids.length));
      const next = await askAligned(ids, spec.keys, windowOf(bins), context.state().log);
      if (mine !== asked) return;
      [aligned, series] = [next, []];
    } else {
      // Two points a pixel column; fewer where many lines share it.
      const points = Math.max(250, (width * 2) / Math.max(1, ids.length / 8));
      const next = await askManySeries(ids, spec.keys, windowOf(points));
      if (mine !== asked) return;
      [aligned, series] = [undefined, next];
    }
    redraw();
  }

  /** Draws again what has been fetched: another theme, smoothing, or scale. */
  function redraw(): void {
    const shown = built();
    const reason = emptyReason(shown);
    if (reason !== undefined) {
      drop();
      frame.empty(reason);
      return;
    }
    frame.filled();
    if (charts.length !== shown.length) build(shown);
    const marks = [...context.marks(), ...crosses()];
    const scaleWith = shown.flatMap(({ lines }) => lines);
    for (const [i, panel] of shown.entries()) {
      const { lines, strides } = panel;
      const labels = shown.length === 1;
      const data = { lines, strides, marks, labels, scaleWith, happened: context.happened };
      charts[i]?.set(data, look(panel), context.theme());
    }
    frame.note(notes());
  }

  /** Why there is nothing to draw; undefined where there is. A line along zero is told, not drawn. */
  function emptyReason(shown: readonly Panel[]): string | undefined {
    const values = shown.flatMap(({ lines }) => lines.flatMap(({ y }) => y.filter((value) => value !== null)));
    if (values.some((value) => value !== 0)) return undefined;
    if (values.length > 0 && context.many().baseline === undefined) {
      const odd = oddities(context.runs, series);
      return `0 wherever it was measured${context.live() ? " so far" : ""}${odd === "" ? "." : `; ${odd}.`}`;
    }
    if (values.length > 0) return undefined;
    if (context.many().hidden.size > 0) return "every run that has it is hidden.";
    if (context.live()) return "no values yet; they appear as the run goes on.";
    return "no values on record.";
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
        { class: "panels plots" },
        ...places.map(({ place, panel }) => h("div", {}, panel.title !== undefined && h("h4", {}, panel.title), place)),
      ),
    );
    charts = places.map(
      ({ place, panel }) =>
        new LineChart(place, look(panel), context.theme(), {
          zoom: context.zoom,
          point: (x, subject) => context.focus.point({ x, subject }),
          pick: (subject) => subject !== undefined && context.focus.pick(subject),
        }),
    );
  }

  const deaf = context.focus.listen(({ x, subject }) => {
    for (const chart of charts) {
      chart.follow(x);
      chart.emphasise(subject);
    }
  });

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
    const read = Math.min(1, aligned?.read ?? 1, ...series.map((one) => one.read));
    const sampled = read < 1 ? `A sample: the run is being indexed (${Math.floor(read * 100)} %).` : "";
    const middle = aligned?.approximate ? "Long runs: the middle of each block's range stands for its mean." : "";
    return [baselineNote(), sampled, middle, oddities(context.runs, series)].filter((text) => text !== "").join(" ");
  }

  function baselineNote(): string {
    const { baseline, by } = context.many();
    if (!baseline) return "";
    return `Differences to ${baseline.label}${by.length > 0 ? ", with Welch's 95 % interval over runs" : ""}.`;
  }

  function allLines(): Line[] {
    return built().flatMap(({ title, lines }) =>
      lines.map((line) => (title === undefined ? line : { ...line, label: `${line.label} · ${title}` })),
    );
  }

  async function save(kind: "svg" | "png"): Promise<void> {
    const { toSvg } = await import("./vega-draw.ts");
    const lines = allLines();
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
    if (aligned) return saveGroups();
    const all = await askManySeries(ids, spec.keys, windowOf(exportPoints));
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

  /** What a grouped chart draws: mean, interval and number of runs of each line. */
  function saveGroups(): void {
    const { axis } = context.state();
    const records = allLines().flatMap(({ label, x, y, band }) =>
      x.map((at, i) => ({
        line: label,
        [axis]: at,
        value: y[i],
        low: band?.low[i],
        high: band?.high[i],
        runs: band?.n[i] ?? 1,
      })),
    );
    download(`${fileName(context.fileStem(), spec.id)}.csv`, new Blob([csv(records)], { type: "text/csv" }));
  }

  if (spec.keys.length === 0) frame.empty(emptyReason([]) ?? "");
  return {
    element: frame.element,
    update,
    redraw,
    destroy() {
      deaf();
      drop();
    },
    kind: "lines",
    id: spec.id,
    title: spec.title,
    words: [spec.title, ...spec.keys, spec.description].join(" "),
  };
}
