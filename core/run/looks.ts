/** Looks at held-out sequences that stay the same: one compiled program for each analyzer that has a frozen probe. */
import type { Probe, Readings } from "../contract/analyzer.ts";
import type { EvalWindows } from "../data/windows.ts";
import type { Engine, Program, State } from "../engine/engine.ts";
import { inTurn } from "../engine/in-turn.ts";
import { type ActiveAnalyzer, looksAt } from "../host/analyzers.ts";
import { frozenStep, regroup, type StepPlan } from "../step/step.ts";
import { rowsOf } from "./evaluation.ts";

/** Readings by analyzer. */
export type ReadingsByName = ReadonlyMap<string, Readings<Probe>>;

/** The frozen probes of a run. */
export interface Looks {
  /** Whether any of them looks at a step. */
  due(step: number): boolean;
  /** Those that look at a step, with the parameters as they are behind all steps that were asked for before. */
  look(state: State, step: number): Promise<ReadingsByName>;
  dispose(): void;
}

/** Compiles them; `last` is the run's last step, which all of them look at. */
export async function createLooks(
  engine: Engine,
  plan: StepPlan,
  analyzers: readonly ActiveAnalyzer[],
  held: EvalWindows,
  last: number,
): Promise<Looks> {
  const programs: { every: number; program: Program; look(state: State): Promise<Record<string, Readings<Probe>>> }[] =
    [];
  for (const { plugin, instance } of analyzers) {
    const { frozen } = instance;
    if (frozen === undefined) continue;
    const sequences = Math.min(frozen.sequences, held.count);
    const { name } = plugin;
    const signed = frozenStep({ ...plan, sequences, probe: { name, sites: frozen.sites, probe: frozen.probe } });
    const what = `frozen probe of ${name}`;
    const program = await engine.compile(signed.step, signed.signature, what, plan.sameAs && `${what} ${plan.sameAs}`);
    const batch = { tokens: rowsOf(held.tokens, 0, sequences), targets: rowsOf(held.targets, 0, sequences) };
    const look = async (state: State) => regroup(await program.run(state, batch));
    programs.push({ every: frozen.every, program, look });
  }
  return {
    due: (step) => programs.some((one) => looksAt(one, step, last)),
    look: async (state, step) => {
      const due = programs.filter((one) => looksAt(one, step, last));
      const found = await inTurn(engine, due, (one) => one.look(state));
      return new Map(found.flatMap((readings) => Object.entries(readings)));
    },
    dispose: () => {
      for (const { program } of programs) program.dispose();
    },
  };
}
