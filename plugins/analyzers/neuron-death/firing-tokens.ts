/** Which tokens of a look fire a unit. */
import type { LayerSnapshot, Tokens } from "./snapshot.ts";

/** A step with which a walk round `n` places comes to each of them once, the first ones spread over all. */
function strideOver(n: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(0.618 * n));
  while (divisor(n, stride) !== 1) stride--;
  return stride;
}

/** Tokens that fire a unit at a look: all, or the first `most` on a walk all over the text. */
export function firingTokens(
  { x, weights, bias, gain, shift }: LayerSnapshot,
  { centre, inverse }: Tokens,
  unit: number,
  most: number,
): number[] {
  const d = gain.length;
  const n = x.length / d;
  // `z = direction.n + offset`
  const direction = new Float64Array(d);
  let offset = bias[unit]!;
  let whole = 0;
  for (let j = 0; j < d; j++) {
    const weight = weights[j * bias.length + unit]!;
    direction[j] = weight * gain[j]!;
    whole += direction[j]!;
    offset += weight * shift[j]!;
  }
  const found: number[] = [];
  const stride = strideOver(n);
  for (let visited = 0, t = 0; visited < n && found.length < most; visited++, t = (t + stride) % n) {
    const along = dot(direction, x, t * d) - centre[t]! * whole;
    if (along * inverse[t]! + offset > 0) found.push(t);
  }
  return found;
}

function dot(a: Float64Array, x: Float32Array, from: number): number {
  // Four sums, since each addition waits for the one before it.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length & ~3;
  for (let j = 0, at = from; j < whole; j += 4, at += 4) {
    s0 += a[j]! * x[at]!;
    s1 += a[j + 1]! * x[at + 1]!;
    s2 += a[j + 2]! * x[at + 2]!;
    s3 += a[j + 3]! * x[at + 3]!;
  }
  for (let j = whole; j < a.length; j++) s0 += a[j]! * x[from + j]!;
  return s0 + s1 + (s2 + s3);
}
