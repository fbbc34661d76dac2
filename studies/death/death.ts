/** Why do units fall silent? Three explanations, weighed on what runs and their forks show. */
import type { PluginTable } from "../../core/host/registry.ts";
import type { RunRequest } from "../../core/run/request.ts";
import type { Word } from "../../core/run/trust.ts";
import { tryOut } from "../sweep/trial.ts";
import { type DeathOptions, type Design, designOf } from "./design.ts";
import type { Evidence, Point } from "./evidence.ts";
import { forksOf, type WantedFork } from "./forks.ts";
import { pointsOf } from "./measure.ts";
import { type Summary, summaryOf } from "./summary.ts";
import { type Verdict, weigh } from "./weigh.ts";
import { withinRun } from "./within.ts";

/** What a study would make, and what of it is there. */
export interface DeathPlan {
  readonly designs: readonly Design[];
  readonly forks: readonly WantedFork[];
  readonly notes: readonly string[];
}

/** What `experiment death` says. */
export interface DeathReport {
  readonly options: Pick<DeathOptions, "points" | "orders" | "horizons">;
  /** Tokens without a firing that make a unit silent. */
  readonly tokens: number;
  readonly verdicts: readonly Verdict[];
  readonly summary: Summary;
  /** Forks that are missing, of how many, and the command that makes them. */
  readonly missing: number;
  readonly forks: number;
  readonly command: string;
  readonly notes: readonly string[];
}

/** Finds out what is there and what is missing. */
export async function planDeath(options: DeathOptions, plugins: PluginTable, word: Word = {}): Promise<DeathPlan> {
  const designs: Design[] = [];
  const notes: string[] = [];
  for (const dir of options.dirs) {
    const { byLayer, note } = await withinRun(dir);
    const design = designOf(dir, byLayer, options);
    designs.push(design);
    notes.push(...design.notes, ...(note === undefined ? [] : [note]));
  }
  return { designs, forks: await forksOf(designs, options, plugins, word), notes };
}

/** What is to be trained: forks and their steps, time one after another in ms, and bytes on disk. */
export interface DeathCost {
  readonly forks: number;
  readonly steps: number;
  readonly ms: number;
  readonly bytes: number;
}

/** From a few steps that are tried, with nothing left of them; nothing is tried where nothing is missing. */
export async function costOf({ forks }: DeathPlan, plugins: PluginTable): Promise<DeathCost> {
  const missing = forks.flatMap(({ request, left }) => (request === undefined ? [] : [{ request, left }]));
  const steps = missing.reduce((sum, { left }) => sum + left, 0);
  const [first] = missing;
  if (first === undefined) return { forks: 0, steps: 0, ms: 0, bytes: 0 };
  const one = await tryOut(first.request.loaded, plugins);
  const saves = ({ loaded }: RunRequest) => new Set(loaded.config.checkpoint.at).size + 1;
  const saved = missing.reduce((sum, { request }) => sum + saves(request), 0);
  const ms = missing.length * (one.start + one.evaluation) + steps * one.step + saved * one.checkpoint;
  return { forks: missing.length, steps, ms, bytes: steps * one.row + saved * one.saved };
}

/** Measures what is there, and weighs. */
export async function deathOf(
  options: DeathOptions,
  { designs, forks, notes }: DeathPlan,
  plugins: PluginTable,
  word: Word = {},
  progress?: (what: string) => void,
): Promise<DeathReport> {
  const points: Point[] = [];
  const runs: Evidence["runs"][number][] = [];
  let tokens = options.tokens;
  for (const design of designs) {
    const { byLayer: _, note: __, ...within } = await withinRun(design.dir);
    runs.push(within);
    if (!forks.some(({ run, dir }) => run === design.run && dir !== undefined)) continue;
    const found = await pointsOf(design, forks, options, plugins, word, progress);
    points.push(...found.points);
    tokens = found.tokens;
  }
  const evidence = { points, runs, steps: Math.max(...options.horizons) };
  const { points: each, orders, horizons } = options;
  return {
    options: { points: each, orders, horizons },
    tokens,
    verdicts: weigh(evidence),
    summary: summaryOf(evidence),
    missing: forks.filter(({ dir }) => dir === undefined).length,
    forks: forks.length,
    command: commandOf(designs, options),
    notes,
  };
}

/** What makes the missing forks, whatever the defaults. */
function commandOf(designs: readonly Design[], { points, orders, horizons }: DeathOptions): string {
  const runs = designs.map(({ run }) => run).join(" ");
  return `experiment death ${runs} --forks --points ${points} --orders ${orders} --horizons ${horizons.join(" ")}`;
}
