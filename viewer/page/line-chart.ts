/**
 * One plot of lines over training. uPlot gives axes, scales, cursor and selection; the lines are painted by line-draw.ts,
 * as each has x positions of its own. Drag to zoom, Shift+drag or arrow keys to pan, double click to see all.
 */
import uPlot from "uplot";
import type { Line, LineChartLook } from "../charts/line-spec.ts";
import type { Theme } from "../charts/palette.ts";
import { type Mark, type Painting, paintLines, paintMarks } from "./line-draw.ts";
import { hovered } from "./line-hover.ts";
import { labelRoom, paintLabels } from "./line-labels.ts";
import { mapping, type Range, spanX, spanY } from "./line-scale.ts";
import { axesOf } from "./ticks.ts";
import { hideTip, showTip } from "./tip.ts";

export interface LineChartEvents {
  /** The range that was chosen; undefined: everything. */
  zoom(range: Range | undefined): void;
  /** Where the pointer is, and the subject of the line beneath it. */
  point?(x: number | undefined, subject: string | undefined): void;
  /** A subject's line was clicked. */
  pick?(subject: string | undefined): void;
}

export interface LineChartData {
  readonly lines: readonly Line[];
  readonly marks: readonly Mark[];
  /** Rows in a pair of points, by line; above 1 the tip shows a span. */
  readonly strides: readonly number[];
  /** Lines of all plots that share this one's y axis. */
  readonly scaleWith?: readonly Line[];
  /** Whether the lines are named at their ends. */
  readonly labels: boolean;
  /** What happened near an x, for the tip. */
  happened(from: number, to: number): readonly string[];
}

/** Least height of a plot; it takes what its card has to spare. */
const leastHeight = 220;
const labelFont = 11;

export class LineChart {
  readonly element: HTMLElement;
  private plot: uPlot | undefined;
  private data: LineChartData = { lines: [], marks: [], strides: [], labels: true, happened: () => [] };
  private look: LineChartLook;
  private theme: Theme;
  private view: Range | undefined;
  private frame: number | undefined;
  private panning = false;
  private emphasis: string | undefined;
  /** Whether the pointer or the keys are at this plot: others follow it, and only it tells what is there. */
  private leads = false;
  /** Where the pointer was when others were last told what it points at. */
  private pointed: { readonly left: number; readonly top: number } | undefined;
  private readonly events: LineChartEvents;
  private readonly watcher: ResizeObserver;

  constructor(element: HTMLElement, look: LineChartLook, theme: Theme, events: LineChartEvents) {
    this.element = element;
    this.look = look;
    this.theme = theme;
    this.events = events;
    this.watcher = new ResizeObserver(this.resize);
    this.watcher.observe(element);
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("pointerdown", (event) => this.pan(event), { capture: true });
    element.addEventListener("blur", () => {
      this.leads = false;
      hideTip();
    });
  }

  /** Shows these lines, in this look. */
  set(data: LineChartData, look: LineChartLook = this.look, theme: Theme = this.theme): void {
    const rebuild = JSON.stringify([look, theme]) !== JSON.stringify([this.look, this.theme]);
    const labels =
      data.lines.map(({ label }) => label).join("\n") !== this.data.lines.map(({ label }) => label).join("\n");
    this.data = data;
    this.look = look;
    this.theme = theme;
    this.view = look.range;
    if (rebuild || labels || !this.plot) this.build();
    else this.redraw();
  }

  private readonly resize = (): void => {
    const [width, height] = [this.element.clientWidth, this.height()];
    if (this.plot && width > 0 && (this.plot.width !== width || this.plot.height !== height))
      this.plot.setSize({ width, height });
  };

  destroy(): void {
    this.watcher.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  private height(): number {
    return Math.max(leastHeight, this.element.clientHeight);
  }

  private redraw(): void {
    const [from, to] = this.rangeX();
    this.plot?.setData([
      [from, to],
      [0, 1],
    ]);
  }

  private rangeX(): Range {
    return this.view ?? spanX(this.data.lines, this.look.logX);
  }

  private build(): void {
    this.plot?.destroy();
    const { look, theme } = this;
    const font = `${labelFont}px system-ui, sans-serif`;
    const options: uPlot.Options = {
      width: Math.max(120, this.element.clientWidth),
      height: this.height(),
      padding: [10, labelRoom(this.data, this.element.clientWidth, this.height(), font), 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false, focus: { prox: -1 } },
      scales: {
        x: { time: false, distr: look.logX ? 3 : 1, range: () => [...this.rangeX()] as uPlot.Range.MinMax },
        y: {
          distr: look.logY ? 3 : 1,
          range: () =>
            [
              ...(look.domain ?? spanY(this.data.scaleWith ?? this.data.lines, this.rangeX(), look.logY)),
            ] as uPlot.Range.MinMax,
        },
      },
      axes: axesOf(look, theme, this.element.clientWidth, font),
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(plot) => this.paint(plot)],
        setCursor: [(plot) => this.hover(plot)],
        setSelect: [(plot) => this.selected(plot)],
      },
    };
    this.plot = new uPlot(options, [[...this.rangeX()], [0, 1]], this.element);
    this.plot.over.addEventListener("dblclick", () => this.events.zoom(undefined));
    this.plot.over.addEventListener("pointerenter", () => {
      this.leads = true;
    });
    this.plot.over.addEventListener("pointerleave", () => {
      this.leads = false;
      hideTip();
      this.events.point?.(undefined, undefined);
    });
    this.plot.over.addEventListener("click", () => this.events.pick?.(this.emphasis));
  }

  private painting(plot: uPlot): Painting {
    const { left, top, width, height: tall } = plot.bbox;
    const [from, to] = this.rangeX();
    const x = mapping([from, to], left, left + width, this.look.logX);
    const { min = 0, max = 1 } = plot.scales.y as { min?: number; max?: number };
    const y = mapping([min, max], top + tall, top, this.look.logY);
    return { box: { left, top, width, height: tall }, x, y, from, to, ratio: devicePixelRatio, moving: this.panning };
  }

  private paint(plot: uPlot): void {
    const at = this.painting(plot);
    paintMarks(plot.ctx, this.data.marks, at);
    paintLines(plot.ctx, this.data.lines, at, this.emphasis);
    if (this.data.labels && this.data.lines.length > 1)
      paintLabels(plot.ctx, this.data.lines, at, `${labelFont * devicePixelRatio}px system-ui, sans-serif`);
  }

  private hover(plot: uPlot): void {
    if (!this.leads) return;
    const { left = -1, top = -1 } = plot.cursor;
    if (left < 0 || this.panning) {
      hideTip();
      this.pointed = undefined;
      this.events.point?.(undefined, undefined);
      return;
    }
    const x = plot.posToVal(left, "x");
    const near = Math.abs(plot.posToVal(left + 5, "x") - x);
    const { min = 0, max = 1 } = plot.scales.y as { min?: number; max?: number };
    const y = mapping([min, max], plot.over.clientHeight, 0, this.look.logY);
    const { rows, at, subject } = hovered(this.data.lines, this.data.strides, x, top, y);
    const box = plot.over.getBoundingClientRect();
    const notes = this.data.happened(x - near, x + near);
    showTip(box.left + left, box, { axis: this.look.axis, x: at ?? x, rows, notes });
    // Told once a place: what stands out may change the scale, and so which line is nearest, for ever back and forth.
    if (this.pointed?.left === left && this.pointed.top === top) return;
    this.pointed = { left, top };
    this.events.point?.(x, subject);
  }

  /** Puts the cursor where another chart's is; undefined takes it away. */
  follow(x: number | undefined): void {
    if (this.leads) return;
    const left = x === undefined ? -10 : (this.plot?.valToPos(x, "x") ?? -10);
    this.plot?.setCursor({ left: left > (this.plot.over.clientWidth || 0) ? -10 : left, top: 0 }, false);
  }

  /** Lets one subject stand out, its runs drawn thin; undefined: none. */
  emphasise(subject: string | undefined): void {
    if (subject === this.emphasis) return;
    this.emphasis = subject;
    if (this.data.lines.some((line) => line.subject !== undefined)) this.redraw();
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const range: Range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.events.zoom(range);
  }

  /** Moves the view by a share of its width; the page is told when the movement is over. */
  moveBy(share: number): void {
    const [from, to] = this.rangeX();
    this.view = this.look.logX
      ? [from * (to / from) ** share, to * (to / from) ** share]
      : [from + (to - from) * share, to + (to - from) * share];
    // Pointers move more often than screens draw.
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.redraw();
    });
  }

  private pan(down: PointerEvent): void {
    if (!down.shiftKey || down.button !== 0) return;
    down.preventDefault();
    down.stopPropagation();
    this.panning = true;
    let x = down.clientX;
    const width = this.plot?.over.clientWidth || 1;
    const move = (event: PointerEvent) => {
      this.moveBy((x - event.clientX) / width);
      x = event.clientX;
    };
    const up = () => {
      removeEventListener("pointermove", move);
      this.panning = false;
      this.events.zoom(this.view);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up, { once: true });
  }

  private key(event: KeyboardEvent): void {
    const [from, to] = this.rangeX();
    const zoomed = (factor: number): Range => {
      const [a, b] = this.look.logX ? [Math.log(from), Math.log(to)] : [from, to];
      const [middle, half] = [(a + b) / 2, ((b - a) / 2) * factor];
      const ends: Range = [middle - half, middle + half];
      return this.look.logX ? [Math.exp(ends[0]), Math.exp(ends[1])] : ends;
    };
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      if (event.shiftKey) {
        this.moveBy(event.key === "ArrowLeft" ? -0.2 : 0.2);
        this.events.zoom(this.view);
      } else this.step(event.key === "ArrowLeft" ? -1 : 1);
    } else if (event.key === "+" || event.key === "=") this.events.zoom(zoomed(0.5));
    else if (event.key === "-") this.events.zoom(zoomed(2));
    else if (event.key === "0" || event.key === "Escape") this.events.zoom(undefined);
    else return;
    event.preventDefault();
  }

  private step(by: number): void {
    const plot = this.plot;
    if (!plot) return;
    this.leads = true;
    const width = plot.over.clientWidth;
    const left = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.left : width / 2;
    plot.setCursor({ left: Math.min(width - 1, Math.max(0, left + (by * width) / 40)), top: 20 });
  }
}
