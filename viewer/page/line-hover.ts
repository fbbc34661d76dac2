/** What is under the pointer in a plot of lines. */
import type { Line } from "../charts/line-spec.ts";
import { type Mapping, nearestIndex, place } from "./line-scale.ts";
import type { TipRow } from "./tip.ts";

export interface Hovered {
  /** One row a line that has a value there. */
  readonly rows: readonly TipRow[];
  /** Position of the nearest measurement. */
  readonly at: number | undefined;
  /** The subject of the line nearest to the pointer, where one is near. */
  readonly subject: string | undefined;
}

/** Pixels within which a line counts as pointed at. */
const reach = 24;

/** `top` is the pointer's height in the same pixels as the mapping's. */
export function hovered(
  lines: readonly Line[],
  strides: readonly number[],
  x: number,
  top: number,
  y: Mapping,
): Hovered {
  const rows: (TipRow & { readonly subject: string | undefined })[] = [];
  let at: number | undefined;
  for (const [i, line] of lines.entries()) {
    const index = nearestIndex(line, x);
    if (index < 0) continue;
    const found = line.x[index]!;
    if (at === undefined || Math.abs(found - x) < Math.abs(at - x)) at = found;
    const [low, high] = [line.band?.low[index], line.band?.high[index]];
    rows.push({
      label: line.label,
      colour: line.colour,
      ...valueAt(line, index, strides[i] ?? 1),
      x: found,
      subject: line.subject,
      distance: Math.abs(place(y, (line.smooth ?? line.y)[index] ?? line.y[index]!) - top),
      ...(low != null && high != null && { interval: [low, high] as const }),
      ...(line.band && { n: line.band.n[index] }),
    });
  }
  const closest = rows.reduce<(typeof rows)[number] | undefined>(
    (best, row) => (row.distance < (best?.distance ?? reach) ? row : best),
    undefined,
  );
  return { rows: rows.sort((a, b) => b.value - a.value), at, subject: closest?.subject };
}

function valueAt({ y }: Line, index: number, stride: number): { value: number; low?: number; stride: number } {
  const value = y[index]!;
  if (stride <= 1) return { value, stride };
  // Points come in pairs: the smallest and the largest value of `stride` rows.
  const other = y[index % 2 === 0 ? index + 1 : index - 1] ?? value;
  return { value: Math.max(value, other), low: Math.min(value, other), stride };
}
