/** What the study trains: learning rate by initial scale, six seeds of its centre, and forks of one run. */
import type { PlanInput } from "../../studies/sweep/index.ts";

/** How long its runs are. */
export interface Form {
  /** Of its sweep. */
  readonly name: string;
  /** What it changes in `.experimentrc`. */
  readonly set: Readonly<Record<string, number>>;
  /** Forks of seed 1's centre run. */
  readonly fork: { readonly at: number; readonly orders: number; readonly steps: number };
}

/** `full`: ten times as far as what was recorded, for a night on two cores. `short`: the same runs for a tenth of the steps, to try the study out. */
export const forms = {
  full: { name: "study", set: {}, fork: { at: 1000, orders: 3, steps: 400 } },
  short: {
    name: "short-study",
    set: { "train.steps": 300, "train.warmup_steps": 30 },
    fork: { at: 100, orders: 3, steps: 100 },
  },
} as const satisfies Readonly<Record<string, Form>>;
export type FormName = keyof typeof forms;

export const learningRates = [1e-3, 3e-3, 1e-2] as const;
export const initScales = [1, 4] as const;
export const seeds = [1, 2, 3, 4, 5, 6] as const;
/** The cell of the grid that is repeated over seeds, and from which forks are made. */
export const centre = { lr: 3e-3, initScale: 1 } as const;

/** Every run, each once: the grid with the first seed, then the other seeds of the centre. */
export function studyPlan({ name, set }: Form): PlanInput {
  const others = { seed: seeds.slice(1) };
  return {
    name,
    set,
    grid: { "train.lr": [...learningRates], "model.init_scale": [...initScales], seed: [...seeds] },
    exclude: [
      { "train.lr": learningRates.filter((lr) => lr !== centre.lr), ...others },
      { "model.init_scale": initScales.filter((scale) => scale !== centre.initScale), ...others },
    ],
  };
}

/** What the study calls a run. */
export function nameOf(lr: number, initScale: number, seed: number): string {
  return `lr-${lr}-init-${initScale}-seed-${seed}`;
}
