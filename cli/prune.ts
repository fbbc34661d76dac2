/** `experiment prune RUN`: what the held-out loss is without the silent and the least used units. */
import { resolveRun } from "../core/record/runs.ts";
import { type PruneReport, pruneRun } from "../studies/prune.ts";
import type { LoadPlugins } from "./command.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { table } from "./terminal.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string;
  at: number | undefined;
  tokens: number;
  acceptChangedCorpus: boolean;
  runs: string | undefined;
  trust: boolean;
  json: boolean;
}

const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

export async function pruneCommand(
  { run, at, tokens, acceptChangedCorpus, runs, trust, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const dir = resolveRun(await runsFolder(runs), run);
  const report = await pruneRun(
    { dir, ...(at === undefined ? {} : { at }), tokens, shares, acceptChangedCorpus, word: await wordOf({ trust }) },
    await plugins(),
  );
  console.log(json ? jsonText(report) : pruneText(report));
}

function pruneText({ run, step, tokens, loss, accuracy, windows, documents, removals, meaning }: PruneReport): string {
  const layers = [...new Set(removals.map(({ layer }) => layer))];
  const head = ["layer", "silent units", "silent", ...shares.map((share) => `${Math.round(100 * share)} %`)];
  const rows = layers.map((layer) => {
    const mine = removals.filter((removal) => removal.layer === layer);
    return [String(layer), String(mine[0]!.units), ...mine.map(({ lossIncrease }) => signed(lossIncrease))];
  });
  const worst = Math.max(...removals.map(({ standardError }) => standardError));
  return [
    `${run} at step ${step}: held-out loss ${loss.toFixed(4)} nats per token, ${(100 * accuracy).toFixed(2)} % of tokens foretold, over ${windows} windows of ${documents} documents.`,
    `Increase of that loss without the units that fired at none, or at the fewest, of ${tokens} training tokens:`,
    table([head, ...rows], { align: "right" }),
    `Standard errors (paired, over documents) are at most ${worst.toFixed(4)}.`,
    ...(meaning === undefined ? [] : [meaning]),
  ].join("\n");
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
}
