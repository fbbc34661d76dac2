/** What does a change do to deaths? Forks of one checkpoint with and without it, paired by data order. */
import type { PluginTable } from "../core/host/registry.ts";
import type { Word } from "../core/run/trust.ts";
import { type Estimate, interval } from "../statistics/jackknife.ts";
import { mean, variance } from "../statistics/moments.ts";
import { forkFirings, type OpenedFork, openForks } from "./opened-forks.ts";

/** One arm's deaths in one layer beside those of the plain arm. */
export interface ArmComparison {
  readonly arm: string;
  readonly layer: number | "all";
  /** Units alive at the fork and silent at the end, fork by fork in rising order of the data order; of this arm and of `plain`. */
  readonly deaths: readonly number[];
  readonly plain: readonly number[];
  /** Arm minus plain, mean over data orders with its t interval. */
  readonly difference: Estimate;
  readonly conclusion: "fewer" | "more" | "not decided" | "nothing changed";
}

/** What `experiment overlap` prints of forks of several arms. */
export interface ArmsReport {
  readonly run: string;
  readonly step: number;
  readonly steps: number;
  readonly tokens: number;
  readonly arms: readonly { readonly arm: string; readonly orders: readonly number[]; readonly skipped?: number }[];
  readonly comparisons: readonly ArmComparison[];
}

/** Compares every arm with the plain one over the data orders that both have. */
export async function armsOf(
  dirs: readonly string[],
  tokens: number,
  plugins: PluginTable,
  word: Word = {},
): Promise<ArmsReport> {
  const opened = await openForks(dirs);
  const { run, step, steps, forks } = opened;
  const counted = await forkFirings(opened, tokens, plugins, word);
  const deaths = counted.after.map((layers) => layers.map((after, layer) => fallen(counted.before[layer]!, after)));
  const arms = [...new Set(forks.map(({ arm }) => arm))];
  const described = arms.map((arm) => {
    const own = forks.filter((fork) => fork.arm === arm);
    const skipped = own.every((fork) => fork.skipped !== undefined)
      ? own.reduce((sum, fork) => sum + fork.skipped!, 0)
      : undefined;
    return { arm, orders: own.map(({ order }) => order), ...(skipped !== undefined && { skipped }) };
  });
  const comparisons = described
    .filter(({ arm }) => arm !== "plain")
    .flatMap(({ arm, skipped }) => compareArm(arm, forks, deaths, skipped === 0));
  return { run, step, steps, tokens: counted.tokens, arms: described, comparisons };
}

/** One arm against plain, layer by layer and in all; `idle` where the change never came into play. */
export function compareArm(
  arm: string,
  forks: readonly Pick<OpenedFork, "arm" | "order">[],
  deaths: readonly (readonly number[])[],
  idle: boolean,
): ArmComparison[] {
  const of = (name: string, order: number) => forks.findIndex((fork) => fork.arm === name && fork.order === order);
  const orders = [...new Set(forks.map(({ order }) => order))].sort((a, b) => a - b);
  const pairs = orders.map((order) => [of(arm, order), of("plain", order)] as const);
  const paired = pairs.filter(([a, b]) => a >= 0 && b >= 0);
  const layers = [...(deaths[0] ?? []).keys(), "all" as const];
  const count = (fork: number, layer: number | "all") =>
    layer === "all" ? deaths[fork]!.reduce((sum, one) => sum + one, 0) : deaths[fork]![layer]!;
  return layers.map((layer) => {
    const own = paired.map(([a]) => count(a, layer));
    const plain = paired.map(([, b]) => count(b, layer));
    const differences = own.map((value, k) => value - plain[k]!);
    const error = Math.sqrt(variance(differences) / differences.length);
    const difference = interval(mean(differences), error, differences.length - 1);
    return {
      arm,
      layer,
      deaths: own,
      plain,
      difference,
      conclusion: idle ? "nothing changed" : conclusionOf(difference),
    };
  });
}

function conclusionOf({ low, high }: Estimate): ArmComparison["conclusion"] {
  return high < 0 ? "fewer" : low > 0 ? "more" : "not decided";
}

function fallen(before: Int32Array, after: Int32Array): number {
  let count = 0;
  for (let i = 0; i < before.length; i++) if (before[i]! > 0 && after[i] === 0) count++;
  return count;
}
