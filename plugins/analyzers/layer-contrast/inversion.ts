/** Are first and last layer inverted? Three tests, each with its own verdict; there is no global yes or no. */
import type { StatisticName } from "../../../statistics/contrast.ts";
import type { Estimate } from "../../../statistics/jackknife.ts";
import { type Slope, slopeOf } from "../../../statistics/trend.ts";

/** What a test may say, in the order of its numbers. */
export const verdicts = ["same sign", "undetermined", "inverted"] as const;
export type Verdict = (typeof verdicts)[number];

/** As a number in rows: -1 same sign, 0 undetermined, 1 inverted. */
export function verdictNumber(verdict: Verdict): number {
  return verdicts.indexOf(verdict) - 1;
}

/** Sign of an estimate that is more than three jackknife errors from zero, else 0. */
function certainSign({ value, se }: Estimate): number {
  return Math.abs(value) > 3 * se ? Math.sign(value) : 0;
}

function verdictOf(a: number, b: number): Verdict {
  if (a === 0 || b === 0) return "undetermined";
  return a === b ? "same sign" : "inverted";
}

type Deltas = Readonly<Record<StatisticName, Estimate>>;

/** I1, cross-level: the layers' order by use per token is opposite to their order by use per batch. */
export function crossLevel(deltas: Deltas): Verdict {
  return verdictOf(certainSign(deltas.use_token), certainSign(deltas.use_batch));
}

/** I3, pool: the first layer draws on fewer units (lower use_batch) and leans on them harder (lower k50). */
export function pool(deltas: Deltas): Verdict {
  const [use, k50] = [certainSign(deltas.use_batch), certainSign(deltas.k50)];
  if (use === 0 || k50 === 0) return "undetermined";
  return use > 0 && k50 > 0 ? "inverted" : "same sign";
}

/** Fewest points over time from which a trend is judged: from here on its intervals are known to cover what they say. */
const fewestPoints = 20;

/** I2, trend: against log tokens after warm-up the statistic rises in one layer and falls in the other, both certainly. */
export function trend(times: readonly number[], first: readonly number[], last: readonly number[]): Verdict {
  if (times.length < fewestPoints) return "undetermined";
  const sign = ({ low, high }: Slope) => (low > 0 ? 1 : high < 0 ? -1 : 0);
  return verdictOf(sign(slopeOf(times, first)), sign(slopeOf(times, last)));
}
