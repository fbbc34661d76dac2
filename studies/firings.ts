/** Which units fire: counted over training text in an order of its own, the same for every checkpoint of the same data and seed. */
import type { NamedArrays, Program } from "../core/engine/engine.ts";
import { type OpenRun, withState } from "../core/run/open.ts";
import { frozenStep } from "../core/step/step.ts";
import type { Looking } from "./observe/looking.ts";

/** A data order that no training uses. */
const lookOrder = 1_000_003;

/** A compiled count. */
export interface FiringCounter {
  /** Tokens that `sequences` come to: whole batches. */
  tokensIn(sequences: number): number;
  /** Firings of each unit, `[layer][d_mlp]`. */
  firings(parameters: NamedArrays, sequences: number): Promise<Int32Array[]>;
  dispose(): void;
}

/** Compiles it for as many sequences at once as are looked at together. */
export async function createFiringCounter({ open, sampler }: Looking): Promise<FiringCounter> {
  const { engine, plan } = open;
  const { n_layers, d_mlp, n_ctx } = plan.model.shape;
  const together = plan.train.batch_size;
  const program: Program = await countProgram(open, together);
  return {
    tokensIn: (sequences) => Math.ceil(sequences / together) * together * n_ctx,
    firings: (parameters, sequences) =>
      withState(engine, parameters, async (uploaded) => {
        const text = sampler(lookOrder);
        const totals = Array.from({ length: n_layers }, () => new Int32Array(d_mlp));
        for (let seen = 0; seen < sequences; seen += together) {
          const outputs = await program.run(uploaded, { ...text.next(together) });
          for (const [layer, total] of totals.entries()) {
            const counts = outputs[`probe/firings/counts/${layer}`]!.data;
            for (let i = 0; i < total.length; i++) total[i]! += counts[i]!;
          }
        }
        return totals;
      }),
    dispose: () => program.dispose(),
  };
}

/** Counts, for each unit, the tokens of a batch at which it fires. */
async function countProgram({ engine, plan }: OpenRun, sequences: number): Promise<Program> {
  const { step, signature } = frozenStep({
    ...plan,
    sequences,
    probe: {
      name: "firings",
      sites: ["mlp_fires"],
      probe: ({ mlp_fires }, { tf }) => ({
        counts: mlp_fires.map((post) => tf.cast(tf.sum(tf.step(post), [0, 1]), "int32")), // [d_mlp]
      }),
    },
  });
  return engine.compile(step, signature, "counting firings");
}
