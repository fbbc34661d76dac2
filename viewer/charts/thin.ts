/** A line with fewer points that looks the same at a picture's width: the smallest and the largest value of every stretch stay. */
import type { Line } from "./line-spec.ts";

/** At most about `most` points; bands and members of groups are left as they are, those lines are short. */
export function thinned(line: Line, most: number): Line {
  const there = line.y.flatMap((value, i) => (value === null ? [] : [i]));
  if (there.length <= most || line.band) return line;
  const size = Math.ceil(there.length / Math.floor(most / 2));
  const kept: number[] = [];
  for (let start = 0; start < there.length; start += size) {
    const stretch = there.slice(start, start + size);
    const low = stretch.reduce((best, i) => (line.y[i]! < line.y[best]! ? i : best), stretch[0]!);
    const high = stretch.reduce((best, i) => (line.y[i]! > line.y[best]! ? i : best), stretch[0]!);
    kept.push(...new Set([low, high].sort((a, b) => a - b)));
  }
  const pick = <T>(list: readonly T[]) => kept.map((i) => list[i]!);
  return { ...line, x: pick(line.x), y: pick(line.y), ...(line.smooth && { smooth: pick(line.smooth) }) };
}
