/** The compiled steps of a run: one for each set of analyzers that look at the same step, and one for evaluation. */
import type { Config } from "./config/schema.ts";
import type { Sampler } from "./data/sampler.ts";
import type { EvalWindows } from "./data/windows.ts";
import type { Engine, Program, State } from "./engine/engine.ts";
import { type EvalResult, summariseWindows } from "./evaluation.ts";
import { type ActiveAnalyzer, looksAt } from "./lifecycle.ts";
import type { NDArray } from "./ndarray.ts";
import type { Probe, Readings } from "./plugin.ts";
import { evalStep, regroup, scalarInputs, trainStep } from "./step.ts";

/** What the engine gave back for one step. */
export interface StepOutputs {
  readonly loss: number;
  /** Before clipping. */
  readonly grad_norm: number;
  /** By analyzer, those that looked at this step. */
  readonly readings: ReadonlyMap<string, Readings<Probe>>;
}

export interface Programs {
  /** Runs step `step` on the next batch. */
  run(state: State, sampler: Sampler, step: number): Promise<StepOutputs>;
  evaluate(state: State): Promise<EvalResult>;
  dispose(): void;
}

/** Compiles the first step's program, with every analyzer in it, so that mistakes in probes show before anything is written. */
export async function createPrograms(
  engine: Engine,
  config: Config,
  d_vocab: number,
  analyzers: readonly ActiveAnalyzer[],
  held: EvalWindows,
): Promise<Programs> {
  const plan = { model: config.model, train: config.train, d_vocab };
  const bySet = new Map<string, Promise<Program>>();
  const rows = config.train.batch_size * config.train.accumulate;

  function programAt(step: number): Promise<Program> {
    const looking = analyzers.filter((analyzer) => looksAt(analyzer, step, config.train.steps));
    const key = looking.map(({ plugin }) => plugin.name).join(" ");
    let program = bySet.get(key);
    if (program === undefined) {
      const probes = looking.map(({ plugin, instance }) => ({
        name: plugin.name,
        sites: plugin.sites,
        probe: instance.probe,
      }));
      const signed = trainStep({ ...plan, probes });
      program = engine.compile(signed.step, signed.signature, looking.length > 0 ? `train with ${key}` : "train");
      bySet.set(key, program);
    }
    return program;
  }

  await programAt(1);
  const together = Math.min(config.train.batch_size, held.count);
  const evaluation = evalStep({ ...plan, windows: together });
  const evalProgram = await engine.compile(evaluation.step, evaluation.signature, "evaluation");

  return {
    run: async (state, sampler, step) => {
      const batch = sampler.next(rows);
      const program = await programAt(step);
      const outputs = await program.run(state, { ...batch, ...scalarInputs(config.train, step) });
      return {
        loss: outputs.loss?.data[0] ?? Number.NaN,
        grad_norm: outputs.grad_norm?.data[0] ?? Number.NaN,
        readings: new Map(Object.entries(regroup(outputs))),
      };
    },
    evaluate: async (state) => {
      const losses: number[] = [];
      for (let first = 0; first + together <= held.count; first += together) {
        const outputs = await evalProgram.run(state, {
          tokens: rowsOf(held.tokens, first, together),
          targets: rowsOf(held.targets, first, together),
        });
        losses.push(...(outputs.losses?.data ?? []));
      }
      return summariseWindows(losses);
    },
    dispose: () => {
      evalProgram.dispose();
      for (const program of bySet.values()) program.then((p) => p.dispose()).catch(() => {});
    },
  };
}

/** Rows `first` to `first + count` of `[batch pos]`, without a copy. */
function rowsOf({ shape, data }: NDArray<Int32Array>, first: number, count: number): NDArray<Int32Array> {
  const width = shape[1] ?? 0;
  return { shape: [count, width], data: data.subarray(first * width, (first + count) * width) };
}
