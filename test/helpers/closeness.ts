import { assert } from "chai";

/** Asserts that two lists of numbers agree: no difference exceeds `tolerance` times the largest expected magnitude. */
export function assertClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(got.length, expected.length, `${what}: length`);
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!);
    if (!(difference <= tolerance * largest))
      assert.fail(`${what}[${i}]: got ${got[i]}, expected ${expected[i]} to ${tolerance} of ${largest}`);
  }
}

/** The mean of a list of numbers. */
export function meanOf(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((sum, number) => sum + number, 0) / numbers.length;
}
