/** What the study trains: learning rate by initial scale, six seeds of its centre, and forks of one run. */

/** How long its runs are. */
export interface Form {
  /** Folder of its runs. */
  readonly runs: string;
  /** What it changes in `.experimentrc`. */
  readonly set: readonly string[];
  /** Forks of seed 1's centre run. */
  readonly fork: { readonly at: number; readonly orders: number; readonly steps: number };
}

/** `full`: ten times as far as what was recorded, for a night on two cores. `short`: the same runs for a tenth of the steps, to try the study out. */
export const forms = {
  full: { runs: "runs", set: [], fork: { at: 1000, orders: 3, steps: 400 } },
  short: {
    runs: "runs/short",
    set: ["train.steps=300", "train.warmup_steps=30"],
    fork: { at: 100, orders: 3, steps: 100 },
  },
} as const satisfies Readonly<Record<string, Form>>;
export type FormName = keyof typeof forms;

/** One run: its name and what it changes in `.experimentrc`. */
export interface PlannedRun {
  readonly name: string;
  readonly lr: number;
  readonly initScale: number;
  readonly seed: number;
}

export const learningRates = [1e-3, 3e-3, 1e-2] as const;
export const initScales = [1, 4] as const;
export const seeds = [1, 2, 3, 4, 5, 6] as const;
/** The cell of the grid that is repeated over seeds, and from which forks are made. */
export const centre = { lr: 3e-3, initScale: 1 } as const;

/** Every run, each once: the grid with the first seed, then the other seeds of the centre. */
export const planned: readonly PlannedRun[] = [
  ...learningRates.flatMap((lr) => initScales.map((initScale) => plan(lr, initScale, seeds[0]))),
  ...seeds.slice(1).map((seed) => plan(centre.lr, centre.initScale, seed)),
];

function plan(lr: number, initScale: number, seed: number): PlannedRun {
  return { name: nameOf(lr, initScale, seed), lr, initScale, seed };
}

export function nameOf(lr: number, initScale: number, seed: number): string {
  return `lr-${lr}-init-${initScale}-seed-${seed}`;
}
