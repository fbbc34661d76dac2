/** The compiled steps of a run: one for each set of analyzers that look at the same step, and one for evaluation. */

import type { NDArray } from "../arrays/ndarray.ts";
import type { Config } from "../config/schema.ts";
import type { Probe, Readings } from "../contract/analyzer.ts";
import { bytesPerToken } from "../data/bytes-per-token.ts";
import type { Sampler } from "../data/sampler.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import type { EvalWindows } from "../data/windows.ts";
import type { Engine, Program, State } from "../engine/engine.ts";
import { type ActiveAnalyzer, looksAt } from "../host/analyzers.ts";
import { type EvalResult, summariseWindows } from "../step/evaluation.ts";
import { lastStep } from "../step/schedule.ts";
import { evalStep, frozenStep, regroup, type StepPlan, scalarInputs, trainStep } from "../step/step.ts";

/** What the engine gave back for one step. */
export interface StepOutputs {
  readonly loss: number;
  /** Before clipping. */
  readonly grad_norm: number;
  /** UTF-8 bytes that a target token of this batch stands for, mean; undefined where the corpus gave ids. */
  readonly bytesPerToken: number | undefined;
  /** By analyzer, those that looked at this step. */
  readonly readings: ReadonlyMap<string, Readings<Probe>>;
}

export interface Programs {
  /** The first step's program, with every analyzer in it. */
  readonly first: Program;
  /** Runs step `step` on the next batch. */
  run(state: State, sampler: Sampler, step: number): Promise<StepOutputs>;
  evaluate(state: State): Promise<EvalResult>;
  /** Whether any analyzer's frozen probe looks at a step. */
  looksFrozen(step: number): boolean;
  /** The frozen probes that look at a step, by analyzer, with the parameters as they are now. */
  frozen(state: State, step: number): Promise<StepOutputs["readings"]>;
  dispose(): void;
}

/** Compiles the first step's program, with every analyzer in it, so that mistakes in probes show before anything is written. */
export async function createPrograms(
  engine: Engine,
  config: Config,
  d_vocab: number,
  analyzers: readonly ActiveAnalyzer[],
  held: EvalWindows,
  tokenizer?: Tokenizer,
): Promise<Programs> {
  const plan = { model: config.model, train: config.train, d_vocab };
  const bySet = new Map<string, Promise<Program>>();
  const rows = config.train.batch_size * config.train.accumulate;

  const lookingAt = (step: number) => analyzers.filter((analyzer) => looksAt(analyzer, step, lastStep(config.train)));

  function programAt(step: number): Promise<Program> {
    const looking = lookingAt(step);
    const key = looking.map(({ plugin }) => plugin.name).join(" ");
    let program = bySet.get(key);
    if (program === undefined) {
      const probes = looking.map(({ plugin, instance }) => ({
        name: plugin.name,
        sites: plugin.sites,
        probe: (...given: Parameters<typeof instance.probe>) => instance.probe(...given),
      }));
      const signed = trainStep({ ...plan, probes });
      program = engine.compile(signed.step, signed.signature, looking.length > 0 ? `train with ${key}` : "train");
      bySet.set(key, program);
    }
    return program;
  }

  const first = await programAt(1);
  const together = Math.min(config.train.batch_size, held.count);
  const evaluation = evalStep({ ...plan, windows: together });
  const frozenPrograms = await createFrozenPrograms(engine, plan, analyzers, held);
  const evalProgram = await engine.compile(evaluation.step, evaluation.signature, "evaluation");

  return {
    first,
    run: async (state, sampler, step) => {
      const batch = sampler.next(rows);
      const program = await programAt(step);
      const outputs = await program.run(state, { ...batch, ...scalarInputs(config.train, step) });
      const readings = regroup(outputs);
      return {
        loss: outputs.loss?.data[0] ?? Number.NaN,
        grad_norm: outputs.grad_norm?.data[0] ?? Number.NaN,
        bytesPerToken: bytesPerToken(batch.targets, tokenizer),
        readings: new Map(lookingAt(step).map(({ plugin: { name } }) => [name, readings[name] ?? {}])),
      };
    },
    evaluate: async (state) => {
      const losses: number[] = [];
      while (losses.length < held.count) {
        const first = Math.min(losses.length, held.count - together); // the last batch overlaps when windows are left over
        const outputs = await evalProgram.run(state, {
          tokens: rowsOf(held.tokens, first, together),
          targets: rowsOf(held.targets, first, together),
        });
        losses.push(...outputs.losses!.data.subarray(losses.length - first));
      }
      return summariseWindows(losses, held.documents);
    },
    looksFrozen: (step) => frozenPrograms.some((frozen) => looksAt(frozen, step, lastStep(config.train))),
    frozen: async (state, step) => {
      const readings = new Map<string, Readings<Probe>>();
      for (const { every, look } of frozenPrograms) {
        if (!looksAt({ every }, step, lastStep(config.train))) continue;
        for (const [name, reading] of Object.entries(await look(state))) readings.set(name, reading);
      }
      return readings;
    },
    dispose: () => {
      evalProgram.dispose();
      for (const { program } of frozenPrograms) program.dispose();
      for (const program of bySet.values()) program.then((p) => p.dispose()).catch(() => {});
    },
  };
}

interface FrozenProgram {
  readonly every: number;
  readonly program: Program;
  look(state: State): Promise<Readonly<Record<string, Readings<Probe>>>>;
}

/** One program for each analyzer that has a frozen probe. */
async function createFrozenPrograms(
  engine: Engine,
  plan: StepPlan,
  analyzers: readonly ActiveAnalyzer[],
  held: EvalWindows,
): Promise<FrozenProgram[]> {
  const programs: FrozenProgram[] = [];
  for (const { plugin, instance } of analyzers) {
    const { frozen } = instance;
    if (frozen === undefined) continue;
    const sequences = Math.min(frozen.sequences, held.count);
    const { name } = plugin;
    const signed = frozenStep({ ...plan, sequences, probe: { name, sites: frozen.sites, probe: frozen.probe } });
    const program = await engine.compile(signed.step, signed.signature, `frozen probe of ${name}`);
    const batch = { tokens: rowsOf(held.tokens, 0, sequences), targets: rowsOf(held.targets, 0, sequences) };
    programs.push({
      every: frozen.every,
      program,
      look: async (state) => regroup(await program.run(state, batch)),
    });
  }
  return programs;
}

/** Rows `first` to `first + count` of `[batch pos]`, without a copy. */
function rowsOf({ shape, data }: NDArray<Int32Array>, first: number, count: number): NDArray<Int32Array> {
  const width = shape[1] ?? 0;
  return { shape: [count, width], data: data.subarray(first * width, (first + count) * width) };
}
