/** Paints lines, their labels, and events on a canvas. All measures are in canvas pixels. */
import type { Line } from "../charts/line-spec.ts";
import { firstAtLeast, type Mapping, place } from "./line-scale.ts";

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Something on the time axis. */
export interface Mark {
  readonly x: number;
  /** A dashed line through the plot, a tick at its foot, or a cross at its head (a value that is not finite). */
  readonly shape: "line" | "tick" | "cross";
  readonly colour: string;
}

export interface Painting {
  readonly box: Box;
  readonly x: Mapping;
  readonly y: Mapping;
  readonly from: number;
  readonly to: number;
  /** Canvas pixels in a CSS pixel. */
  readonly ratio: number;
  /** While the view moves: what is costly to paint waits for it to stand still. */
  readonly moving: boolean;
}

/** Draws every line: where it is smoothed, the raw one faint beneath. */
export function paintLines(context: CanvasRenderingContext2D, lines: readonly Line[], at: Painting): void {
  context.save();
  clip(context, at.box);
  const many = lines.length > 12;
  context.lineJoin = many ? "bevel" : "round";
  for (const line of lines) {
    context.strokeStyle = line.colour;
    context.fillStyle = line.colour;
    if (line.smooth && !(many && at.moving)) {
      context.globalAlpha = many ? 0.12 : 0.25;
      stroke(context, line.x, line.y, at, [], 1);
      context.globalAlpha = 1;
    }
    stroke(context, line.x, line.smooth ?? line.y, at, line.dash, many ? 1 : 1.6);
    if (at.moving) continue;
    if (line.dots) dots(context, line, at);
    else if (isLonely(line)) dots(context, line, at);
  }
  context.restore();
}

function stroke(
  context: CanvasRenderingContext2D,
  x: readonly number[],
  y: readonly (number | null)[],
  { from, to, x: mapX, y: mapY, ratio }: Painting,
  dash: readonly number[],
  width: number,
): void {
  context.beginPath();
  context.lineWidth = width * ratio;
  context.setLineDash(dash.map((length) => length * ratio));
  let pen = false;
  for (let i = Math.max(0, firstAtLeast(x, from) - 1); i < x.length; i++) {
    const value = y[i];
    // Metrics that are not measured at every step are joined across the steps between.
    if (value == null) continue;
    const across = place(mapX, x[i]!);
    const up = place(mapY, value);
    if (Number.isNaN(across) || Number.isNaN(up)) {
      pen = false;
      continue;
    }
    if (pen) context.lineTo(across, up);
    else context.moveTo(across, up);
    pen = true;
    if (x[i]! > to) break;
  }
  context.stroke();
}

/** Whether a line is a single measurement, which no stroke would show. */
function isLonely({ y }: Line): boolean {
  let found = 0;
  for (let i = 0; i < y.length && found < 2; i++) if (y[i] != null) found++;
  return found === 1;
}

function dots(context: CanvasRenderingContext2D, { x, y }: Line, at: Painting): void {
  const measured = y.filter((value) => value !== null).length;
  if (measured > at.box.width / at.ratio / 6) return;
  context.setLineDash([]);
  for (let i = 0; i < x.length; i++) {
    if (y[i] == null) continue;
    context.beginPath();
    context.arc(place(at.x, x[i]!), place(at.y, y[i]!), 2.5 * at.ratio, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Draws what happened along the axis. */
export function paintMarks(context: CanvasRenderingContext2D, marks: readonly Mark[], at: Painting): void {
  const { box, ratio } = at;
  context.save();
  clip(context, { ...box, top: box.top - 6 * ratio, height: box.height + 6 * ratio });
  let last = Number.NEGATIVE_INFINITY;
  let shape = "";
  for (const mark of marks) {
    const x = Math.round(place(at.x, mark.x)) + 0.5;
    // Thousands of events may share a pixel.
    if (Number.isNaN(x) || (x === last && mark.shape === shape)) continue;
    [last, shape] = [x, mark.shape];
    context.strokeStyle = mark.colour;
    context.globalAlpha = mark.shape === "tick" ? 0.45 : 0.8;
    context.lineWidth = ratio;
    context.setLineDash(mark.shape === "line" ? [3 * ratio, 3 * ratio] : []);
    context.beginPath();
    if (mark.shape === "cross") cross(context, x, box.top + 4 * ratio, 3 * ratio);
    else {
      const foot = box.top + box.height;
      context.moveTo(x, mark.shape === "line" ? box.top : foot - 5 * ratio);
      context.lineTo(x, foot);
    }
    context.stroke();
  }
  context.restore();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, arm: number): void {
  context.lineWidth *= 1.5;
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x - arm, y + arm);
  context.lineTo(x + arm, y - arm);
}

/** Names the lines at their right ends, moved apart where they would overlap; nothing when there is no room for all. */
export function paintLabels(
  context: CanvasRenderingContext2D,
  lines: readonly Line[],
  at: Painting,
  font: string,
): void {
  const { box, ratio } = at;
  const gap = 13 * ratio;
  const ends = lines.flatMap((line) => {
    const end = endOf(line, at);
    return end === undefined ? [] : [{ line, end, y: end }];
  });
  if (ends.length * gap > box.height + gap) return;
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i++) ends[i]!.y = Math.max(ends[i]!.y, ends[i - 1]!.y + gap);
  let floor = box.top + box.height;
  for (let i = ends.length - 1; i >= 0; i--) {
    ends[i]!.y = Math.min(ends[i]!.y, floor);
    floor = ends[i]!.y - gap;
  }
  context.save();
  context.font = font;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const right = box.left + box.width;
  for (const { line, end, y } of ends) {
    context.strokeStyle = context.fillStyle = line.colour;
    context.lineWidth = ratio;
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(right + 2 * ratio, end);
    context.lineTo(right + 7 * ratio, y);
    context.stroke();
    context.fillText(shortLabel(line.label), right + 10 * ratio, y);
  }
  context.restore();
}

/** A label that leaves room for the lines: the end, which tells layers apart, stays. */
export function shortLabel(label: string): string {
  return label.length <= 26 ? label : `${label.slice(0, 12)}…${label.slice(-12)}`;
}

/** The height of a line's last point in view. */
function endOf({ x, y, smooth }: Line, at: Painting): number | undefined {
  const values = smooth ?? y;
  for (let i = Math.min(x.length - 1, firstAtLeast(x, at.to)); i >= 0; i--) {
    const value = values[i];
    if (value == null || x[i]! > at.to) continue;
    if (x[i]! < at.from) return undefined;
    const up = place(at.y, value);
    return Number.isNaN(up) ? undefined : Math.min(at.box.top + at.box.height, Math.max(at.box.top, up));
  }
  return undefined;
}

function clip(context: CanvasRenderingContext2D, { left, top, width, height }: Box): void {
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
}
