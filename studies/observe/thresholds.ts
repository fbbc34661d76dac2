/** What an activation must exceed to count as firing, where it is never exactly zero. */
import type { NDArray } from "../../core/arrays/ndarray.ts";
import type { Config } from "../../core/config/schema.ts";
import type { Activations, Site } from "../../core/contract/sites.ts";
import type { Batch } from "../../core/data/windows.ts";
import type { State } from "../../core/engine/engine.ts";
import type { OpenRun } from "../../core/run/open.ts";
import { lookStep } from "../../core/step/look.ts";
import { regroup } from "../../core/step/step.ts";
import { quantile, sorted } from "../../statistics/moments.ts";

/** Sequences that a quantile is taken over: their activations go to the host. */
const mostSequences = 4;

/** One threshold for each layer: the value given, or that quantile of the layer's activations in the first of the sequences. */
export async function thresholdsOf(
  { engine, plan }: OpenRun,
  wanted: Config["observe"]["threshold"],
  state: State,
  batch: Batch,
): Promise<readonly number[] | undefined> {
  if ("value" in wanted) {
    return wanted.value === 0 ? undefined : Array.from({ length: plan.model.shape.n_layers }, () => wanted.value);
  }
  const sequences = Math.min(mostSequences, batch.tokens.shape[0]!);
  const few = ({ shape, data }: NDArray<Int32Array>) => {
    const width = shape[1]!;
    return { shape: [sequences, width], data: data.subarray(0, sequences * width) };
  };
  const inputs = { tokens: few(batch.tokens), targets: few(batch.targets) };
  const thresholds: number[] = [];
  for (let layer = 0; layer < plan.model.shape.n_layers; layer++) {
    // Layer by layer: all of them together would be more than a step may hand over.
    const probe = {
      name: "activations",
      sites: ["mlp_fires"] as const,
      probe: ({ mlp_fires }: Activations<Site>) => ({ values: mlp_fires[layer]! }),
    };
    const { step, signature } = lookStep({ ...plan, sequences, probes: [probe] });
    const program = await engine.compile(step, signature, `activations of layer ${layer}`);
    const readings = regroup(await program.run(state, inputs));
    program.dispose();
    const values = readings.activations!.values as NDArray;
    thresholds.push(quantile(sorted(values.data as Float32Array), wanted.quantile));
  }
  return thresholds;
}
