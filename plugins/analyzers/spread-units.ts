/** A part of a wide layer that stands for all of it. */

/** At most `most` of `units` units, evenly spread; undefined when that is all of them. */
export function spreadUnits(units: number, most: number): Int32Array | undefined {
  if (units <= most) return undefined;
  return Int32Array.from({ length: most }, (_, k) => Math.floor((k * units) / most));
}
