/** The compiled look: all analyzers over one batch, the frozen ones over held-out windows, and the held-out loss. */
import type { Arrays } from "../../core/arrays/ndarray.ts";
import type { Batch } from "../../core/data/windows.ts";
import type { State } from "../../core/engine/engine.ts";
import type { ActiveAnalyzer } from "../../core/host/analyzers.ts";
import { createEvaluation } from "../../core/run/evaluation.ts";
import { createLooks, type ReadingsByName } from "../../core/run/looks.ts";
import type { OpenRun } from "../../core/run/open.ts";
import { summariseWindows } from "../../core/step/evaluation.ts";
import { lookStep } from "../../core/step/look.ts";
import { stepProbe } from "../../core/step/probe.ts";
import { regroup } from "../../core/step/step.ts";

/** What one look gives, before analyzers have made anything of it. */
export interface Sight {
  /** Mean loss over the batch, nats per token. */
  readonly loss: number;
  readonly readings: ReadingsByName;
  readonly frozen: ReadingsByName;
  readonly held: ReturnType<typeof summariseWindows>;
}

/** A look that can be repeated. */
export interface LookProgram {
  look(state: State, batch: Batch): Promise<Sight>;
  dispose(): void;
}

/** Compiles it. */
export async function createLookProgram(
  { engine, plan, held }: OpenRun,
  analyzers: readonly ActiveAnalyzer[],
  sequences: number,
): Promise<LookProgram> {
  const probes = analyzers.map(({ plugin, instance }) => stepProbe(plugin, instance));
  const { step, signature } = lookStep({ ...plan, sequences, probes });
  const program = await engine.compile(step, signature, "look");
  const evaluation = await createEvaluation(engine, plan, held);
  const every = 1; // at each look, all of them look
  const looks = await createLooks(engine, plan, analyzers, held, every);
  return {
    look: async (state, batch) => {
      const outputs: Arrays = await program.run(state, { ...batch });
      const readings = regroup(outputs);
      const losses = Array.from(outputs.losses!.data);
      return {
        loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
        readings: new Map(analyzers.map(({ plugin: { name } }) => [name, readings[name] ?? {}])),
        frozen: await looks.look(state, every),
        held: summariseWindows(await evaluation.losses(state), held.documents),
      };
    },
    dispose: () => {
      program.dispose();
      evaluation.dispose();
      looks.dispose();
    },
  };
}
