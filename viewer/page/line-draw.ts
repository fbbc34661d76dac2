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

/**
 * Draws every line: where it is smoothed, the raw one faint beneath; of a group, the band of its interval. With an emphasis, that
 * subject comes last and strong, its runs thin about it, and the others step back.
 */
export function paintLines(
  context: CanvasRenderingContext2D,
  lines: readonly Line[],
  at: Painting,
  emphasis?: string,
): void {
  context.save();
  clip(context, at.box);
  const known = emphasis !== undefined && lines.some(({ subject }) => subject === emphasis);
  const many = lines.length > 12;
  context.lineJoin = many ? "bevel" : "round";
  // Many bands over one another would be a wall: they thin out with their number, but for the one that is pointed at.
  const usual = Math.min(known ? 0.06 : 0.16, 0.8 / lines.length);
  for (const line of lines)
    if (line.band) paintBand(context, line, at, known && line.subject === emphasis ? 0.16 : usual);
  const last = (line: Line) => known && line.subject === emphasis;
  for (const line of [...lines.filter((one) => !last(one)), ...lines.filter(last)]) {
    const strength = known && !last(line) ? 0.25 : 1;
    context.strokeStyle = line.colour;
    context.fillStyle = line.colour;
    if (last(line) && line.members) {
      context.globalAlpha = 0.5;
      for (const member of line.members) stroke(context, line.x, member, at, [], 0.8);
    }
    if (line.smooth && !(many && at.moving)) {
      context.globalAlpha = strength * (many ? 0.12 : 0.25);
      stroke(context, line.x, line.y, at, [], 1);
    }
    context.globalAlpha = strength;
    stroke(context, line.x, line.smooth ?? line.y, at, line.dash, last(line) ? 2.4 : many ? 1 : 1.6);
    if (!at.moving && (line.dots || isLonely(line))) dots(context, line, at);
    context.globalAlpha = 1;
  }
  context.restore();
}

function paintBand(context: CanvasRenderingContext2D, { x, band, colour }: Line, at: Painting, alpha: number): void {
  const low: [number, number][] = [];
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  context.beginPath();
  let open = false;
  const close = () => {
    for (const [across, up] of low.splice(0).reverse()) context.lineTo(across, up);
    if (open) context.closePath();
    open = false;
  };
  for (let i = Math.max(0, firstAtLeast(x, at.from) - 1); i < x.length; i++) {
    const [bottom, top] = [band!.low[i], band!.high[i]];
    if (bottom == null || top == null) {
      close();
      continue;
    }
    const across = place(at.x, x[i]!);
    const up = place(at.y, top);
    // On a logarithmic axis an interval that reaches below zero ends at the plot's foot.
    const down = place(at.y, bottom);
    if (Number.isNaN(up)) continue;
    if (open) context.lineTo(across, up);
    else context.moveTo(across, up);
    open = true;
    low.push([across, Number.isNaN(down) ? at.box.top + at.box.height : down]);
    if (x[i]! > at.to) break;
  }
  close();
  context.fill();
  context.globalAlpha = 1;
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

function clip(context: CanvasRenderingContext2D, { left, top, width, height }: Box): void {
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
}
