/** Do sets drawn from one population overlap more than chance? Hypergeometric, plain and stratified, and kappa. */

/** Observed against expected overlap. */
export interface Overlap {
  readonly observed: number;
  readonly expected: number;
  /** observed / expected; NaN where nothing is expected. */
  readonly lift: number;
  /** Its variance by chance. */
  readonly variance: number;
  /** Standard score of the observed overlap. */
  readonly z: number;
}

/** One stratum: its members, the sizes of both sets within it, and of their intersection. */
export interface Stratum {
  readonly members: number;
  readonly a: number;
  readonly b: number;
  readonly both: number;
}

/**
 * Overlap of two sets against random sets of the same sizes: `E = ab/M`, `Var = ab(M-a)(M-b)/(M^2 (M-1))` (hypergeometric),
 * both summed over strata (Cochran 1954, Mantel & Haenszel 1959). One stratum is the plain test.
 */
export function overlap(strata: readonly Stratum[]): Overlap {
  let [observed, expected, spread] = [0, 0, 0];
  for (const { members: m, a, b, both } of strata) {
    if (m === 0) continue;
    observed += both;
    expected += (a * b) / m;
    if (m > 1) spread += (a * b * (m - a) * (m - b)) / (m * m * (m - 1));
  }
  return scored(observed, expected, spread);
}

/** Several overlaps as one: of populations that have nothing to do with each other, or of pairs of sets, uncorrelated by chance. */
export function overlapSum(parts: readonly Overlap[]): Overlap {
  const sum = (key: "observed" | "expected" | "variance") => parts.reduce((total, part) => total + part[key], 0);
  return scored(sum("observed"), sum("expected"), sum("variance"));
}

function scored(observed: number, expected: number, variance: number): Overlap {
  const z = (observed - expected) / Math.sqrt(variance);
  return { observed, expected, variance, lift: observed / expected, z };
}

/** Counts two sets within one stratum. */
export function stratumOf(members: readonly number[], a: ReadonlySet<number>, b: ReadonlySet<number>): Stratum {
  let [inA, inB, both] = [0, 0, 0];
  for (const member of members) {
    if (a.has(member)) inA++;
    if (b.has(member)) inB++;
    if (a.has(member) && b.has(member)) both++;
  }
  return { members: members.length, a: inA, b: inB, both };
}

/** Members in equal groups by rising score: deciles with `groups` 10. Ties keep the order of the members. */
export function groupsByScore(
  members: readonly number[],
  score: (member: number) => number,
  groups: number,
): number[][] {
  const rising = [...members].sort((a, b) => score(a) - score(b) || a - b);
  return Array.from({ length: groups }, (_, g) =>
    rising.slice(Math.floor((g * rising.length) / groups), Math.floor(((g + 1) * rising.length) / groups)),
  );
}

/**
 * Fleiss' kappa (1971) of yes/no verdicts: `yes[i]` of `raters` said yes to subject i. 1 when all agree on every subject,
 * 0 when they agree as chance would; NaN when all say the same of all.
 */
export function fleissKappa(yes: ArrayLike<number>, raters: number): number {
  const subjects = yes.length;
  let [agreement, positives] = [0, 0];
  for (let i = 0; i < subjects; i++) {
    const y = yes[i]!;
    const n = raters - y;
    agreement += (y * (y - 1) + n * (n - 1)) / (raters * (raters - 1));
    positives += y;
  }
  const share = positives / (subjects * raters);
  const chance = share ** 2 + (1 - share) ** 2;
  return (agreement / subjects - chance) / (1 - chance);
}
