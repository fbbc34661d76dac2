/** `experiment overlap FORK…`: do the forks of one checkpoint lose the same units? */
import { resolveRun } from "../core/record/runs.ts";
import { type ArmsReport, armsOf } from "../studies/arms.ts";
import { openForks } from "../studies/opened-forks.ts";
import { type OverlapReport, overlapOf } from "../studies/overlap.ts";
import type { LoadPlugins } from "./command.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { table } from "./terminal.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  forks: string[];
  tokens: number;
  runs: string | undefined;
  trust: boolean;
  json: boolean;
}

export async function overlapCommand(
  { forks, tokens, runs, trust, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const root = await runsFolder(runs);
  const dirs = forks.map((fork) => resolveRun(root, fork));
  const arms = new Set((await openForks(dirs)).forks.map(({ arm }) => arm));
  if (arms.size > 1) {
    const report = await armsOf(dirs, tokens, await plugins(), await wordOf({ trust }));
    console.log(json ? jsonText(report) : armsText(report));
    return;
  }
  const report = await overlapOf(dirs, tokens, await plugins(), await wordOf({ trust }));
  console.log(json ? jsonText(report) : overlapText(report));
}

function overlapText({ run, step, steps, arm, forks, tokens, layers }: OverlapReport): string {
  const head = ["layer", "alive", "fell silent", "lift", "z", "kappa"];
  const rows = layers.map(({ layer, alive, fellSilent, overlap, kappa }) => [
    String(layer),
    String(alive),
    fellSilent.join(" "),
    ...[overlap.lift, overlap.z, kappa].map((value) => value.toFixed(2)),
  ]);
  return [
    `${forks.length} ${arm} forks of ${run} at step ${step}, ${steps} steps each; silent: no firing in the same ${tokens} training tokens.`,
    table([head, ...rows], { align: "right" }),
    "lift: overlap over that of sets random among units that fired as often at the fork (40 groups). About 1: which units are lost",
    "is explained by how seldom they already fired; z above 2: something else in the state decides, too.",
  ].join("\n");
}

function armsText({ run, step, steps, tokens, arms, comparisons }: ArmsReport): string {
  const head = ["change", "layer", "deaths", "plain", "difference", "95 %", "deaths are"];
  const rows = comparisons.map(({ arm, layer, deaths, plain, difference, conclusion }) => [
    arm,
    String(layer),
    deaths.join(" "),
    plain.join(" "),
    difference.value.toFixed(1),
    Number.isFinite(difference.low) ? `${difference.low.toFixed(1)} to ${difference.high.toFixed(1)}` : "-",
    conclusion,
  ]);
  const notes = arms.flatMap(({ arm, skipped }) => {
    if (skipped === undefined) return [];
    return skipped === 0
      ? `${arm}: no update was left out, so that its forks are plain ones; nothing can be concluded.`
      : `${arm}: ${skipped} updates left out over its forks.`;
  });
  return [
    `Forks of ${run} at step ${step}, ${steps} steps each; deaths: units that fire at the fork and not at the end, in the same ${tokens} training tokens.`,
    table([head, ...rows], { align: "right" }),
    "difference: change minus plain, paired by data order, t interval over orders. Arms are never pooled: for overlap give forks of one arm.",
    ...notes,
  ].join("\n");
}
