/** Names of lines at their right ends. */
import type { Line } from "../charts/line-spec.ts";
import type { Painting } from "./line-draw.ts";
import { firstAtLeast, place } from "./line-scale.ts";

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
    // A leader must not look like the line going on: thin, dotted, and only where the label had to move.
    if (Math.abs(end - y) > 3 * ratio) {
      context.globalAlpha = 0.5;
      context.lineWidth = ratio;
      context.setLineDash([ratio, 2 * ratio]);
      context.beginPath();
      context.moveTo(right + 3 * ratio, end);
      context.lineTo(right + 8 * ratio, y);
      context.stroke();
      context.globalAlpha = 1;
    }
    context.fillText(fitted(context, line.label, context.canvas.width - right - 10 * ratio), right + 10 * ratio, y);
  }
  context.restore();
}

/** Pixels to leave at the right of a plot of this size for the names of its lines. */
export function labelRoom(
  { lines, labels }: { readonly lines: readonly Line[]; readonly labels: boolean },
  width: number,
  height: number,
  font: string,
): number {
  const context = document.createElement("canvas").getContext("2d");
  if (!labels || lines.length < 2 || lines.length * 13 > height - 30 || !context) return 12;
  context.font = font;
  const widest = Math.max(...lines.map(({ label }) => context.measureText(shortLabel(label)).width));
  return Math.min(width * 0.3, widest + 16);
}

/** Letters of a label that leaves room for the lines. */
const mostLetters = 25;

/** As many letters: the end, which tells layers apart, stays. */
function shortLabel(label: string, letters = mostLetters): string {
  if (label.length <= letters) return label;
  const end = Math.ceil((letters - 1) / 2);
  return `${label.slice(0, letters - 1 - end)}…${label.slice(-end)}`;
}

/** The longest that is no wider than the room. */
function fitted(context: CanvasRenderingContext2D, label: string, room: number): string {
  let letters = mostLetters;
  while (letters > 8 && context.measureText(shortLabel(label, letters)).width > room) letters--;
  return shortLabel(label, letters);
}

/** The height of a line where it leaves the view, between two points where it goes on beyond; of its last point where it ends before. */
function endOf({ x, y, smooth }: Line, at: Painting): number | undefined {
  const values = smooth ?? y;
  const beyond = firstAtLeast(x, at.to);
  let before = Math.min(x.length - 1, beyond);
  while (before >= 0 && (values[before] == null || x[before]! > at.to)) before--;
  let after = beyond;
  while (after < x.length && values[after] == null) after++;
  if (before < 0) return undefined;
  if (after >= x.length && x[before]! < at.from) return undefined;
  const left = place(at.y, values[before]!);
  const right = after < x.length ? place(at.y, values[after]!) : left;
  const span = after < x.length ? place(at.x, x[after]!) - place(at.x, x[before]!) : 0;
  const share = span > 0 ? (place(at.x, at.to) - place(at.x, x[before]!)) / span : 0;
  const up = left + (right - left) * share;
  return Number.isNaN(up) ? undefined : Math.min(at.box.top + at.box.height, Math.max(at.box.top, up));
}
