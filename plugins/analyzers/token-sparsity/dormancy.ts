/** Dormant units (ReDo, arXiv 2302.12902, definition 3.1). */

/** Share of units whose summed activation is at most `tau` times the layer's mean; where nothing fires, all are dormant. */
function dormant(sums: ArrayLike<number>, tau: number): number {
  const units = sums.length;
  let total = 0;
  for (let i = 0; i < units; i++) total += Math.abs(sums[i]!);
  let count = 0;
  for (let i = 0; i < units; i++) if (Math.abs(sums[i]!) * units <= tau * total) count++;
  return count / units;
}

/** Dormant shares at the three thresholds in use, from the sum of |activation| of each unit over the batch. */
export function dormancy(sums: ArrayLike<number>) {
  return { dormant_0: dormant(sums, 0), dormant_025: dormant(sums, 0.025), dormant_1: dormant(sums, 0.1) };
}
