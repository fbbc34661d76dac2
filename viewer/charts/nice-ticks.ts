/** Values at which an axis has ticks, as people count: 1, 2 and 5 times powers of ten; powers of the base where it is not ten. */

/** Digits that a decade may be divided by, finest first. */
const decades: readonly (readonly number[])[] = [[1, 2, 5], [1]];

/** At most `most` ticks of a logarithmic axis from `low` to `high`, both above 0; within less than a decade, those of a linear one. */
export function logTicks(low: number, high: number, base: number, most: number): number[] {
  const [first, last] = [powerOf(low, base), powerOf(high, base)];
  const [from, to] = [Math.floor(first + 1e-9), Math.ceil(last - 1e-9)];
  const inside = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  for (const digits of base === 10 ? decades : [[1]]) {
    const ticks = range(from, to).flatMap((power) => digits.map((digit) => timesPower(digit, base, power)));
    const shown = ticks.filter(inside);
    if (shown.length < (digits.length > 1 ? 3 : 2)) return linearTicks(low, high, most);
    if (shown.length <= most) return shown;
  }
  const powers = range(Math.ceil(first - 1e-9), Math.floor(last + 1e-9));
  const every = Math.ceil(powers.length / Math.max(1, most));
  return powers.filter((power) => power % every === 0).map((power) => timesPower(1, base, power));
}

/** At most `most` ticks of a linear axis, 1, 2 or 5 times a power of ten apart and no less than `least`. */
export function linearTicks(low: number, high: number, most: number, least = 0): number[] {
  if (!(high > low)) return [low];
  const rough = Math.max(least, (high - low) / Math.max(1, most));
  const power = Math.floor(Math.log10(rough) + 1e-9);
  for (const digit of [1, 2, 5, 10, 20]) {
    if (timesPower(digit, 10, power) < least) continue;
    const [from, to] = [low, high].map((end) => end / timesPower(digit, 10, power)) as [number, number];
    const places = range(Math.ceil(from - 1e-9), Math.floor(to + 1e-9));
    if (places.length <= most) return places.map((place) => timesPower(digit * place, 10, power));
  }
  return [low];
}

/** Of values that each have a place of their own, as steps in a heat map, at most `most` round ones; all where they are few. */
export function roundAmong(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values;
  const known = new Set(values);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  for (let many = most; many > 1; many--) {
    const ticks = linearTicks(low, high, many);
    if (ticks.length > 1 && ticks.every((tick) => known.has(tick))) return ticks;
  }
  const every = Math.ceil(values.length / most);
  return values.filter((_, i) => i % every === 0);
}

function powerOf(value: number, base: number): number {
  return Math.log(value) / Math.log(base);
}

/** Exact for powers of ten, where a product would leave digits of binary fractions. */
function timesPower(digit: number, base: number, power: number): number {
  return base === 10 ? Number(`${digit}e${power}`) : digit * base ** power;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
