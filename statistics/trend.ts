/** Trends over time: a slope and its interval under autocorrelated noise. */
import { studentCdf, studentQuantile } from "./special.ts";

/** A slope with its interval. */
export interface Slope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/** What one autocorrelation of the noise implies: slope and error by generalised least squares, and how likely it is. */
interface Component {
  readonly slope: number;
  readonly se: number;
  readonly weight: number;
}

/** Autocorrelations that are averaged over: midpoints of equal parts of (-1, 1). Twice as many change nothing that shows. */
const correlations = Array.from({ length: 20 }, (_, k) => -1 + (2 * k + 1) / 20);

/** Components that weigh less than this are left out. */
const leastWeight = 1e-7;

/**
 * The slope of `y` against `x`, the noise being autoregressive of order one in the order of the points: `e_i = rho e_(i-1) + u_i`.
 * Given rho the slope has a t distribution with n - 2 degrees of freedom; rho itself is averaged out, each value weighing as much
 * as its restricted likelihood (Zellner & Tiao 1964, JASA 59:763: nothing known of intercept, slope, log deviation and rho in
 * (-1, 1)). `level` is what the interval misses, on both sides together. Plugging one estimate of rho in would make intervals too short, as its error is large in series of this length. NaN for
 * fewer than three points.
 *
 * The interval covers less than it says where rho is near 1 for the length of the series (above 0.7 at 20 points), and where the
 * noise has a white part besides.
 */
export function slopeOf(x: ArrayLike<number>, y: ArrayLike<number>, level = 0.05): Slope {
  const n = x.length;
  if (n < 3) return { slope: Number.NaN, low: Number.NaN, high: Number.NaN };
  const components = componentsOf(centred(x), centred(y));
  const slope = components.reduce((sum, one) => sum + one.weight * one.slope, 0);
  const at = (p: number) => mixtureQuantile(components, p, n - 2);
  return { slope, low: at(level / 2), high: at(1 - level / 2) };
}

function centred(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return all.map((value) => value - mean);
}

function componentsOf(x: Float64Array, y: Float64Array): Component[] {
  const fits = correlations.map((rho) => leastSquares(x, y, rho));
  const likeliest = Math.max(...fits.map(({ logLikelihood }) => logLikelihood));
  const weights = fits.map(({ logLikelihood }) => Math.exp(logLikelihood - likeliest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return fits
    .map(({ slope, se }, k) => ({ slope, se, weight: weights[k]! / total }))
    .filter(({ weight }) => weight > leastWeight);
}

/** Least squares after the transformation that makes noise of autocorrelation `rho` white (Prais & Winsten 1954). */
function leastSquares(x: Float64Array, y: Float64Array, rho: number) {
  const n = x.length;
  const start = Math.sqrt(1 - rho ** 2);
  let [s11, s1x, sxx, s1y, sxy, syy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const one = i === 0 ? start : 1 - rho;
    const u = i === 0 ? start * x[0]! : x[i]! - rho * x[i - 1]!;
    const v = i === 0 ? start * y[0]! : y[i]! - rho * y[i - 1]!;
    s11 += one * one;
    s1x += one * u;
    sxx += u * u;
    s1y += one * v;
    sxy += u * v;
    syy += v * v;
  }
  const determinant = s11 * sxx - s1x ** 2;
  const slope = (s11 * sxy - s1x * s1y) / determinant;
  const intercept = (s1y - slope * s1x) / s11;
  const left = Math.max(syy - intercept * s1y - slope * sxy, Number.MIN_VALUE);
  const logLikelihood = Math.log(start) - 0.5 * Math.log(determinant) - ((n - 2) / 2) * Math.log(left);
  return { slope, se: Math.sqrt(((left / (n - 2)) * s11) / determinant), logLikelihood };
}

/** The `p` quantile of a mixture of t distributions: it lies between those of its components (Illinois' false position). */
function mixtureQuantile(components: readonly Component[], p: number, df: number): number {
  const quantiles = components.map(({ slope, se }) => slope + studentQuantile(p, df) * se);
  let [low, high] = [Math.min(...quantiles), Math.max(...quantiles)];
  const total = components.reduce((sum, { weight }) => sum + weight, 0);
  const below = (at: number) =>
    components.reduce((sum, { slope, se, weight }) => sum + weight * studentCdf((at - slope) / se, df), 0) / total;
  const precision = 1e-7 * (high - low);
  let [under, over] = [below(low) - p, below(high) - p];
  let side = 0;
  while (high - low > precision) {
    const between = low - (under * (high - low)) / (over - under);
    const found = below(between) - p;
    if (Math.abs(found) < 1e-9) return between;
    if (found < 0) {
      [low, under] = [between, found];
      if (side < 0) over /= 2;
    } else {
      [high, over] = [between, found];
      if (side > 0) under /= 2;
    }
    side = Math.sign(found);
  }
  return (low + high) / 2;
}
