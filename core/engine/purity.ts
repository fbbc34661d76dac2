/** Keeps randomness and clocks out of a function that is run once and whose result is used for ever. */

const randomness =
  "it draws random numbers on the host (Math.random, or tf.random… without a seed), which would be the same in every step";
const clock = "it reads the clock (Date.now), which would stand still in every step";

/** Calls `f`, which must be synchronous, with `Math.random` and `Date.now` replaced by refusals. */
export function withoutRandomnessOrClock<T>(refuse: (problem: string) => never, f: () => T): T {
  const { random } = Math;
  const { now } = Date;
  Math.random = () => refuse(randomness);
  Date.now = () => refuse(clock);
  try {
    return f();
  } finally {
    Math.random = random;
    Date.now = now;
  }
}
