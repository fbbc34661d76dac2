/** Which units fire: counted over training text in an order of its own, the same for every checkpoint of the same data and seed. */
import type { NamedArrays, Program } from "../core/engine/engine.ts";
import { type OpenRun, withState } from "../core/run/open.ts";
import { frozenStep } from "../core/step/step.ts";
import type { Looking } from "./observe/looking.ts";

/** A data order that no training uses. */
const lookOrder = 1_000_003;

/** What some tokens show of every unit, `[layer][d_mlp]`. */
export interface UnitLook {
  readonly firings: readonly Int32Array[];
  readonly margins: readonly Float32Array[];
}

/** A compiled count. */
export interface FiringCounter {
  /** Tokens that `sequences` come to: whole batches. */
  tokensIn(sequences: number): number;
  /** Firings of each unit, `[layer][d_mlp]`. */
  firings(parameters: NamedArrays, sequences: number): Promise<readonly Int32Array[]>;
  /** The same with each unit's margin, its largest pre-activation over those tokens: above 0 iff it fires on any. */
  look(parameters: NamedArrays, sequences: number): Promise<UnitLook>;
  dispose(): void;
}

/** Compiles it for as many sequences at once as are looked at together. */
export async function createFiringCounter({ open, sampler }: Looking): Promise<FiringCounter> {
  const { engine, plan } = open;
  const { n_layers, d_mlp, n_ctx } = plan.model.shape;
  const together = plan.train.batch_size;
  const program: Program = await countProgram(open, together);
  const look: FiringCounter["look"] = (parameters, sequences) =>
    withState(engine, parameters, async (uploaded) => {
      const text = sampler(lookOrder);
      const firings = Array.from({ length: n_layers }, () => new Int32Array(d_mlp));
      const margins = Array.from({ length: n_layers }, () => new Float32Array(d_mlp).fill(-Infinity));
      for (let seen = 0; seen < sequences; seen += together) {
        const outputs = await program.run(uploaded, { ...text.next(together) });
        for (let layer = 0; layer < n_layers; layer++) {
          const [counts, highest] = (["counts", "highest"] as const).map(
            (name) => outputs[`probe/firings/${name}/${layer}`]!.data,
          );
          const [count, margin] = [firings[layer]!, margins[layer]!];
          for (let i = 0; i < d_mlp; i++) {
            count[i]! += counts![i]!;
            margin[i] = Math.max(margin[i]!, highest![i]!);
          }
        }
      }
      return { firings, margins };
    });
  return {
    tokensIn: (sequences) => Math.ceil(sequences / together) * together * n_ctx,
    firings: async (parameters, sequences) => (await look(parameters, sequences)).firings,
    look,
    dispose: () => program.dispose(),
  };
}

/** Counts, for each unit, the tokens of a batch at which it fires, and takes its largest pre-activation. */
async function countProgram({ engine, plan }: OpenRun, sequences: number): Promise<Program> {
  const { step, signature } = frozenStep({
    ...plan,
    sequences,
    probe: {
      name: "firings",
      sites: ["mlp_fires", "mlp_pre"],
      probe: ({ mlp_fires, mlp_pre }, { tf }) => ({
        counts: mlp_fires.map((post) => tf.cast(tf.sum(tf.step(post), [0, 1]), "int32")), // [d_mlp]
        highest: mlp_pre.map((pre) => tf.max(pre, [0, 1])), // [d_mlp]
      }),
    },
  });
  return engine.compile(step, signature, "counting firings");
}
