/** How many units of a layer are followed: all, or where there are more than is cheap as many as are. */
import type { Run } from "../../../core/contract/run.ts";

/** What following may add to a step's time, at most; so many units are followed in any case, and all where they are not many. */
const [most, fewest, notMany] = [0.005, 512, 1024];
/** What the followed weights of all layers may take up on their way to the host, in a checkpoint and in memory, bytes a look. */
const mostBytes = 32 * 2 ** 20;

/**
 * What following a unit costs for each of its incoming weights at a look, in floating-point operations that a step does meanwhile:
 * to gather the weight, bring it over and take its drift apart: 20 ns at the 300 GFLOP/s of two threads of a Zen 5 EPYC (`bench/followed.ts`
 * found 19 to 55 ns a weight on a Xeon, whose threads do about 40 GFLOP/s); of a GPU, whose analyses are no faster, what an H200 does in 15 ns at 200 TFLOP/s.
 */
const costOfWeight = { cpu: 6000, gpu: 3_000_000 };

/**
 * How many units of a layer are followed where the config does not say: all of up to 1024, or as many as cost 0.5 % of a step's time and 32 MiB,
 * but not fewer than 512. An estimate from sizes alone, the same on every machine: a step does 6 operations a token and weight (one product
 * forward, two back). `every`: steps between looks.
 */
export function affordable(
  { model, tokensPerStep, config }: Pick<Run, "model" | "tokensPerStep" | "config">,
  every: number,
): number {
  const { n_layers, d_model, d_mlp, d_vocab } = model;
  if (d_mlp <= notMany) return d_mlp;
  const weights = n_layers * (2 * d_model * d_mlp + 4 * d_model ** 2) + d_model * d_vocab;
  const { name } = (config.engine ?? {}) as { readonly name?: string };
  const each = n_layers * d_model * costOfWeight[name === "xla" ? "gpu" : "cpu"];
  const inTime = Math.floor((most * every * 6 * tokensPerStep * weights) / each);
  const inBytes = Math.floor(mostBytes / (4 * n_layers * d_model));
  return Math.min(d_mlp, Math.max(fewest, Math.min(inTime, inBytes)));
}
