/** `experiment overlap FORK…`: do the forks of one checkpoint lose the same units? */
import { resolveRun } from "../core/record/runs.ts";
import { type OverlapReport, overlapOf } from "../studies/overlap.ts";
import type { LoadPlugins } from "./command.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { table } from "./terminal.ts";

interface Arguments {
  forks: string[];
  tokens: number;
  runs: string | undefined;
  json: boolean;
}

export async function overlapCommand({ forks, tokens, runs, json }: Arguments, plugins: LoadPlugins): Promise<void> {
  const root = await runsFolder(runs);
  const report = await overlapOf(
    forks.map((fork) => resolveRun(root, fork)),
    tokens,
    await plugins(),
  );
  if (json) console.log(jsonText(report));
  else console.log(overlapText(report));
}

function overlapText({ run, step, steps, forks, tokens, layers }: OverlapReport): string {
  const head = ["layer", "alive", "fell silent", "lift", "z", "lift, deciles", "z", "fortieths", "z", "kappa"];
  const rows = layers.map(({ layer, alive, fellSilent, plain, stratified, finer, kappa }) => [
    String(layer),
    String(alive),
    fellSilent.join(" "),
    ...[plain.lift, plain.z, stratified.lift, stratified.z, finer.lift, finer.z, kappa].map((value) =>
      value.toFixed(2),
    ),
  ]);
  return [
    `${forks.length} forks of ${run} at step ${step}, ${steps} steps each; silent: no firing in the same ${tokens} training tokens.`,
    table([head, ...rows], { align: "right" }),
    "lift: overlap over that of random sets of the same sizes; deciles, fortieths: of sets random within these groups of firing",
    "frequency at the fork. About 1 there: which units are lost is explained by how seldom they already fired.",
  ].join("\n");
}
