/**
 * Are first and last layer inverted, as arXiv 2407.07848 has it: does the first draw on a small pool of units, each often, and the
 * last on almost all, each seldom? Tests with a direction, each with its own verdict; there is no global yes or no.
 */
import type { Estimate } from "../../../statistics/jackknife.ts";
import { type Slope, slopeOf } from "../../../statistics/trend.ts";
import type { DeltaName } from "./effects.ts";

/**
 * - inverted: in the paper's direction; reversed: certainly inverted, but the other way round; same order: certainly not inverted;
 * - undecided: the data do not tell; not yet: they would tell, but the layers are still on their way.
 */
export type Verdict = "inverted" | "same order" | "reversed" | "undecided" | "not yet";

const numbers: Readonly<Record<Verdict, number>> = {
  inverted: 1,
  undecided: 0,
  "same order": -1,
  reversed: -2,
  "not yet": Number.NaN,
};

/** As a number in rows: 1 inverted, 0 undecided, -1 same order, -2 reversed, NaN not yet. */
export function verdictNumber(verdict: Verdict): number {
  return numbers[verdict];
}

/** The verdict that a number stands for. */
export function verdictOf(number: number): Verdict {
  const found = (Object.keys(numbers) as Verdict[]).find((name) => Object.is(numbers[name], number));
  return found ?? "undecided";
}

/** Sign of an estimate whose 95 % interval leaves zero out, else 0. */
function certainSign({ low, high }: Pick<Estimate, "low" | "high">): number {
  return low > 0 ? 1 : high < 0 ? -1 : 0;
}

/** What the verdicts look at: of use_batch Cohen's h, which a saturated layer has as well. */
interface Contrasts {
  readonly deltas: Readonly<Record<DeltaName, Estimate>>;
  readonly batchH: Estimate;
}

/** I1, cross-level: the last layer uses fewer units per token, and more per batch. */
export function crossLevel({ deltas, batchH }: Contrasts, settled: boolean): Verdict {
  return judged(-certainSign(deltas.use_token), certainSign(batchH), settled);
}

/** I3, pool: the last layer uses more units per batch, and leans on them more evenly (higher k50). */
export function pool({ deltas, batchH }: Contrasts, settled: boolean): Verdict {
  return judged(certainSign(batchH), certainSign(deltas.k50), settled);
}

/** Both signs as the paper has them (+1), both against it, or one of each; each is wrong in at most 2.5 % of cases. */
function judged(a: number, b: number, settled: boolean): Verdict {
  if (a === 0 || b === 0) return "undecided";
  if (!settled) return "not yet";
  return a !== b ? "same order" : a > 0 ? "inverted" : "reversed";
}

/** Fewest points within the last doubling of tokens from which a rate of change is told. */
const fewestInDoubling = 5;

/**
 * The convergence gate: over the last doubling of tokens the contrast moved by less than half of what it is, so that it would keep
 * its sign over another. `times` are logs of tokens. Least squares over the points in that doubling.
 */
export function isSettled(times: readonly number[], contrast: readonly number[]): boolean {
  const from = times.at(-1)! - Math.LN2;
  const points = times.flatMap((time, i) => (time >= from ? [[time, contrast[i]!] as const] : []));
  if (points.length < fewestInDoubling) return false;
  const [x, y] = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k]!, 0) / points.length) as [
    number,
    number,
  ];
  const xx = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / xx;
  const now = y + slope * (times.at(-1)! - x);
  return Math.abs(slope) * Math.LN2 <= Math.abs(now) / 2;
}

/** Fewest points over time from which a trend is judged: from here on its intervals are known to cover what they say. */
const fewestPoints = 20;

/**
 * I2, trend: against log tokens after warm-up the statistic falls in the first layer and rises in the last (`inverted`), or the other
 * way round (`reversed`), or both move in one direction. `level` is the two-sided error of each slope.
 */
export function trend(
  times: readonly number[],
  first: readonly number[],
  last: readonly number[],
  level: number,
): Verdict {
  if (times.length < fewestPoints) return "undecided";
  const sign = (series: readonly number[]) => certainSign(slopeOf(times, series, level) satisfies Slope);
  const [a, b] = [sign(first), sign(last)];
  if (a === 0 || b === 0) return "undecided";
  return a === b ? "same order" : a < 0 ? "inverted" : "reversed";
}
