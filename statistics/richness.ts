/** How many units are alive though not all were seen: Chao's lower bounds (Chao 1984, 1987), bias-corrected. */
import { type Tally, unitsIn } from "./tally.ts";

/**
 * Lower bound on the units that ever fire: `S_obs + (m - 1)/m Q1 (Q1 - 1) / (2 (Q2 + 1))`, with Q1 and Q2 the units in
 * exactly one and two of `samples` samples. With sequences as samples it is Chao2, robust to correlated tokens; with tokens
 * it is Chao1.
 */
export function chao(tally: Tally, samples: number): number {
  const once = tally[1] ?? 0;
  const twice = tally[2] ?? 0;
  const seen = unitsIn(tally) - tally[0]!;
  return seen + (((samples - 1) / samples) * once * (once - 1)) / (2 * (twice + 1));
}
