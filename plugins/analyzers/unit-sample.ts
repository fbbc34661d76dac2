/** Some units of a layer, where all would cost too much: a random sample. */
import type { NDArray } from "../../core/arrays/ndarray.ts";
import type { Random } from "../../core/arrays/random.ts";

/** At most `most` of `units` units, rising, each set of them as likely (Knuth's selection sampling, TAOCP 3.4.2 S). */
export function sampleOf(units: number, most: number, random: Random): number[] {
  const chosen: number[] = [];
  for (let unit = 0; unit < units; unit++) {
    if ((units - unit) * random.next() < most - chosen.length) chosen.push(unit);
  }
  return chosen;
}

/**
 * Values of some units, along the last axis, in the places that those have among the `width` of a layer; the others have NaN, or -1
 * where values are integers.
 */
export function placed({ shape, data }: NDArray, units: readonly number[], width: number): NDArray {
  if (units.length === width) return { shape, data };
  const rows = data.length / units.length;
  const all = data instanceof Int32Array ? new Int32Array(rows * width).fill(-1) : nothing(rows * width);
  for (let row = 0; row < rows; row++)
    for (const [place, unit] of units.entries()) all[row * width + unit] = data[row * units.length + place]!;
  return { shape: [...shape.slice(0, -1), width], data: all };
}

const nothing = (length: number) => new Float32Array(length).fill(Number.NaN);
