/** The compiled train steps of a run: one for each set of analyzers that look at the same step. */
import { bytesPerToken } from "../data/bytes-per-token.ts";
import type { Sampler } from "../data/sampler.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import type { Engine, Program, State } from "../engine/engine.ts";
import { type ActiveAnalyzer, looksAt } from "../host/analyzers.ts";
import { stepProbe } from "../step/probe.ts";
import { regroup, type StepPlan, scalarInputs, trainStep } from "../step/step.ts";
import type { ReadingsByName } from "./looks.ts";

/** What the engine gave back for one step. */
export interface StepOutputs {
  readonly loss: number;
  /** Before clipping. */
  readonly grad_norm: number;
  /** UTF-8 bytes that a target token of this batch stands for, mean; undefined where the corpus gave ids. */
  readonly bytesPerToken: number | undefined;
  /** By analyzer, those that looked at this step. */
  readonly readings: ReadingsByName;
}

/** The train steps of a run. */
export interface TrainSteps {
  /** The first step's program, with every analyzer in it. */
  readonly first: Program;
  /** Has the engine run step `step` on the next batch; resolves once it has been asked to. */
  begin(state: State, sampler: Sampler, step: number): Promise<{ readonly outputs: Promise<StepOutputs> }>;
  dispose(): void;
}

/**
 * Compiles the first step's program, with every analyzer in it, so that mistakes in probes show before anything is written.
 * `last` is the run's last step, which all analyzers look at.
 */
export async function createTrainSteps(
  engine: Engine,
  plan: StepPlan,
  analyzers: readonly ActiveAnalyzer[],
  last: number,
  tokenizer?: Tokenizer,
): Promise<TrainSteps> {
  const bySet = new Map<string, Promise<Program>>();
  const rows = plan.train.batch_size * plan.train.accumulate;
  const lookingAt = (step: number) => analyzers.filter((analyzer) => looksAt(analyzer, step, last));

  function programAt(step: number): Promise<Program> {
    const looking = lookingAt(step);
    const key = looking.map(({ plugin }) => plugin.name).join(" ");
    let program = bySet.get(key);
    if (program === undefined) {
      const probes = looking.map(({ plugin, instance }) => stepProbe(plugin, instance));
      const signed = trainStep({ ...plan, probes });
      const name = looking.length > 0 ? `train with ${key}` : "train";
      program = engine.compile(signed.step, signed.signature, name, plan.sameAs && `${name} ${plan.sameAs}`);
      bySet.set(key, program);
    }
    return program;
  }

  return {
    first: await programAt(1),
    begin: async (state, sampler, step) => {
      const program = await programAt(step);
      const batch = sampler.next(rows);
      const running = program.run(state, { ...batch, ...scalarInputs(plan, step) });
      const outputsOf = async (): Promise<StepOutputs> => {
        const outputs = await running;
        const readings = regroup(outputs);
        return {
          loss: outputs.loss?.data[0] ?? Number.NaN,
          grad_norm: outputs.grad_norm?.data[0] ?? Number.NaN,
          bytesPerToken: bytesPerToken(batch.targets, tokenizer),
          readings: new Map(lookingAt(step).map(({ plugin: { name } }) => [name, readings[name] ?? {}])),
        };
      };
      return { outputs: outputsOf() };
    },
    dispose: () => {
      for (const program of bySet.values()) program.then((p) => p.dispose()).catch(() => {});
    },
  };
}
