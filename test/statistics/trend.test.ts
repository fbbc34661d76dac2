import { expect } from "chai";
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { studentCdf } from "../../statistics/special.ts";
import { slopeOf } from "../../statistics/trend.ts";

/** Log tokens at `n` equally spaced analyses, as a history holds them. */
const timesOf = (n: number) => Array.from({ length: n }, (_, i) => Math.log(20_000 + 20_000 * i));

/** Stationary noise with correlation `rho` between neighbours. */
function noise(random: Random, n: number, rho: number): number[] {
  let e = random.normal() / Math.sqrt(1 - rho ** 2);
  return Array.from({ length: n }, (_, i) => {
    if (i > 0) e = rho * e + random.normal();
    return e;
  });
}

/** Solves `a x = b` by elimination. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let k = 0; k < rows.length; k++) {
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= rows.length; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x: number[] = [];
  for (let k = rows.length - 1; k >= 0; k--) {
    const known = x.reduce((sum, value, j) => sum + rows[k]![k + 1 + j]! * value, 0);
    x.unshift((rows[k]![rows.length]! - known) / rows[k]![k]!);
  }
  return x;
}

/** The chance that the slope is below `at`: textbook matrices, a fine grid of correlations. */
function chanceBelow(x: readonly number[], y: readonly number[], at: number): number {
  const n = x.length;
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const ones = x.map(() => 1);
  let [below, total] = [0, 0];
  for (let rho = -0.995; rho < 1; rho += 0.01) {
    const v = x.map((_, i) => x.map((__, j) => rho ** Math.abs(i - j) / (1 - rho ** 2)));
    const [vOnes, vX, vY] = [solve(v, ones), solve(v, x), solve(v, y)];
    const [a, b, c] = [dot(ones, vOnes), dot(ones, vX), dot(x, vX)];
    const [intercept, slope] = solve(
      [
        [a, b],
        [b, c],
      ],
      [dot(ones, vY), dot(x, vY)],
    ) as [number, number];
    const rss = dot(y, vY) - intercept * dot(ones, vY) - slope * dot(x, vY);
    const determinant = a * c - b * b;
    // |V| = 1 / (1 - rho^2)
    const weight = (Math.sqrt(1 - rho ** 2) / Math.sqrt(determinant)) * rss ** (-(n - 2) / 2);
    total += weight;
    below += weight * studentCdf((at - slope) / Math.sqrt(((rss / (n - 2)) * a) / determinant), n - 2);
  }
  return below / total;
}

describe("slopeOf", function () {
  this.timeout(60_000);

  it("is the textbook's generalised least squares, averaged over correlations", () => {
    const random = createRandom(51, "dense");
    const x = timesOf(12);
    const e = noise(random, 12, 0.4);
    const y = x.map((t, i) => 0.3 * t + e[i]!);
    const { slope, low, high } = slopeOf(x, y);
    expect(chanceBelow(x, y, low)).to.be.closeTo(0.025, 5e-4);
    expect(chanceBelow(x, y, high)).to.be.closeTo(0.975, 5e-4);
    expect(low < slope && slope < high).to.equal(true);
  });

  for (const [n, rho] of [
    [20, 0],
    [20, 0.6],
    [64, 0.6],
  ] as const) {
    it(`has an interval that covers the slope in 95 % of series of ${n} points with correlation ${rho}`, () => {
      const random = createRandom(52, `cover ${n} ${rho}`);
      const x = timesOf(n);
      let covered = 0;
      for (let k = 0; k < 2000; k++) {
        const e = noise(random, n, rho);
        const { low, high } = slopeOf(
          x,
          x.map((t, i) => 2 * t + e[i]!),
        );
        if (low <= 2 && 2 <= high) covered++;
      }
      expect(covered / 2000).to.be.within(0.935, 0.965);
    });
  }

  it("finds a line exactly and a constant level", () => {
    const x = timesOf(20);
    const line = slopeOf(
      x,
      x.map((t) => 2 * t - 1),
    );
    expect([line.slope, line.low, line.high].map((value) => Math.abs(value - 2) < 1e-9)).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(slopeOf(x, Array(20).fill(3)).slope).to.be.closeTo(0, 1e-12);
    expect(slopeOf([1, 2], [1, 2]).slope).to.be.NaN;
  });
});
