/** Special functions and the distributions that the tests and intervals here need, to about 1e-13. */

/** `log Gamma(x)` for x > 0: Stirling's series above 12, the recurrence below. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 12) {
    shift -= Math.log(y);
    y++;
  }
  const inverse = 1 / (y * y);
  // Bernoulli numbers B_2k / (2k (2k - 1)), k = 1 ... 7.
  const terms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
  const series = terms.reduceRight((sum, term) => sum * inverse + term, 0) / y;
  return shift + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}

/** The regularised incomplete beta function `I_x(a, b)`, by Lentz' continued fraction (DLMF 8.17.22). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  const tiny = 1e-300;
  const nonzero = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** `P(T <= t)` of Student's t with `df` degrees of freedom. */
export function studentCdf(t: number, df: number): number {
  const tail = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

const studentQuantiles = new Map<string, number>();

/** The `p` quantile of Student's t with `df` degrees of freedom; infinite for fewer than one. */
export function studentQuantile(p: number, df: number): number {
  if (df < 1) return p < 0.5 ? -Infinity : Infinity;
  if (p < 0.5) return -studentQuantile(1 - p, df);
  const key = `${p} ${df}`;
  let found = studentQuantiles.get(key);
  if (found === undefined) {
    let low = 0;
    let high = 1;
    while (studentCdf(high, df) < p) high *= 2;
    for (let i = 0; i < 100 && high - low > 1e-14 * high; i++) {
      const middle = (low + high) / 2;
      if (studentCdf(middle, df) < p) low = middle;
      else high = middle;
    }
    found = (low + high) / 2;
    studentQuantiles.set(key, found);
  }
  return found;
}

/** `P(Z <= z)` of the standard normal. */
export function normalCdf(z: number): number {
  return z < 0 ? 0.5 * complementaryError(-z / Math.SQRT2) : 1 - 0.5 * complementaryError(z / Math.SQRT2);
}

/** `erfc(x)` for x >= 0: the series of erf below 2.5, the continued fraction above. */
function complementaryError(x: number): number {
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
