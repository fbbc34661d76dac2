/** Where leaving silent units out of an MLP's products saves time on a CPU. */
import type { SkipSilent } from "../engine.ts";
import type { PaysOff } from "../graph/passes/silent/skip.ts";

/**
 * Up to which share of firing units it pays. What it saves grows with `d_model`, what it costs (rows gathered and put back, a mask
 * anew) does not: measured on a Xeon with 1024 tokens it breaks even at 0.82 of the units where d_model is 256, and at 0.65 where it
 * is 128.
 */
function breakEven(d_model: number): number {
  return Math.max(0, Math.min(0.85, 1 - 45 / d_model));
}

/** For few tokens or a narrow model the gain is not worth the rows' way there and back. */
const worthTrying = { tokens: 512, d_model: 96 };

/** What a setting means; undefined where no unit is ever left out. Only the CPU gains: other providers have no such branches. */
export function paysOff(setting: SkipSilent, provider: string): PaysOff | undefined {
  if (setting === "off" || (setting === "auto" && provider !== "cpu")) return undefined;
  if (setting === "on") return (_, d_model) => Math.max(0.5, breakEven(d_model));
  return (tokens, d_model) => (tokens < worthTrying.tokens || d_model < worthTrying.d_model ? 0 : breakEven(d_model));
}
