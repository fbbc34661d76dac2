/** A paper report as tables of text, for every format. */
import type { Estimate } from "../../statistics/jackknife.ts";
import type { TextTable } from "../formats.ts";
import type { PaperReport } from "./paper.ts";
import type { UseName, Uses } from "./uses.ts";

/** Published in arXiv 2407.07848: share of units used per batch of 8192 tokens, first and last of 6 layers of 32768 units. */
const published = { first: "13.3 %", last: "95.6 %" } as const;

/** Every table of the report, in the paper's order. */
export function paperTables(report: PaperReport): TextTable[] {
  return [table1(report), figure1(report), figure2(report), ...table2(report), pruning(report)];
}

/** Estimates at a step, layer by layer: over seeds where there are several runs, else over documents. */
function usesAt({ runs, seeds }: PaperReport, k: number): readonly Uses[] {
  return seeds?.[k] ?? runs[0]!.checkpoints[k]!.layers;
}

function basis({ runs }: PaperReport): string {
  const [first] = runs;
  return runs.length > 1
    ? `Means over ${runs.length} seeds, 95 % t intervals over seeds.`
    : `95 % intervals over the ${first!.documents} held-out documents (jackknife); they say nothing about other seeds.`;
}

function meaningOf({ runs }: PaperReport): string {
  const { meaning } = runs[0]!;
  return meaning === undefined ? "" : ` ${meaning}`;
}

function table1(report: PaperReport): TextTable {
  const last = report.steps.length - 1;
  const layers = usesAt(report, last);
  const shares: readonly UseName[] = ["token", "sequence", "batch"];
  const ratios: readonly UseName[] = ["sequence_over_token", "batch_over_sequence", "batch_over_token"];
  const paper = (layer: number) => (layer === 0 ? published.first : layer === layers.length - 1 ? published.last : "");
  return {
    id: "table-1",
    title: `Table 1: units used at step ${report.steps[last]}`,
    note: `Per token, per sequence, and per batch of ${report.tokens} tokens, with their ratios. ${basis(report)}${meaningOf(report)} Published: 6 layers of 32768 units, 8192 tokens; only these two numbers are known.`,
    head: ["layer", "token", "sequence", "batch", "published, batch", "seq/token", "batch/seq", "batch/token"],
    rows: layers.map((uses, layer) => [
      String(layer),
      ...shares.map((name) => percentText(uses[name])),
      paper(layer),
      ...ratios.map((name) => ratioText(uses[name])),
    ]),
  };
}

function figure1(report: PaperReport): TextTable {
  return {
    id: "figure-1",
    title: "Figure 1: units used per batch over training",
    note: `Share of a layer's units active anywhere in ${report.tokens} tokens. ${basis(report)}`,
    head: ["step", ...usesAt(report, 0).map((_, layer) => `layer ${layer}`)],
    rows: report.steps.map((step, k) => [String(step), ...usesAt(report, k).map(({ batch }) => percentText(batch))]),
  };
}

function figure2(report: PaperReport): TextTable {
  const readings: readonly (readonly [UseName, string])[] = [
    ["token", "use per token"],
    ["rank50", "frequency of the median unit"],
    ["top50", "mean frequency of the busier half"],
  ];
  return {
    id: "figure-2",
    title: "Figure 2: use per token, and how often the 50 % most used units of a sequence fire",
    note: `The paper's "frequency of use of the 50 % most used units in a sequence" can be read in two ways: the frequency of the unit at that rank, or the mean of all up to it. ${basis(report)}`,
    head: ["step", "reading", ...usesAt(report, 0).map((_, layer) => `layer ${layer}`)],
    rows: report.steps.flatMap((step, k) =>
      readings.map(([name, words]) => [
        String(step),
        words,
        ...usesAt(report, k).map((uses) => percentText(uses[name])),
      ]),
    ),
  };
}

function table2({ runs, tokens }: PaperReport): TextTable[] {
  return runs.map(({ run, seed, switches }) => ({
    id: `table-2-seed-${seed}`,
    title: `Table 2: units on and off, run ${run}`,
    note: `On: fires anywhere in ${tokens} held-out tokens at the first step. Turned off (on): not so (so) in ${tokens} other tokens at the second step; beside it, the same other tokens at the first step: what a new sample does without any time. Only what goes beyond that is change.`,
    head: ["steps", "layer", "on", "turned off", "new sample", "off", "turned on", "new sample"],
    rows: switches.flatMap(({ from, to, layers }) =>
      layers.map((one, layer) => [
        `${from} to ${to}`,
        String(layer),
        String(one.on),
        shareText(one.turnedOff, one.on),
        shareText(one.nullOff, one.on),
        String(one.off),
        shareText(one.turnedOn, one.off),
        shareText(one.nullOn, one.off),
      ]),
    ),
  }));
}

function pruning({ runs }: PaperReport): TextTable {
  return {
    id: "pruning",
    title: "Pruning: held-out loss and accuracy without units",
    note: `Units that fired in none of the tokens counted (silent), and the half or nine tenths that fired least, are removed. Change of the loss (nats per token) and of the share of tokens foretold, ± standard error over documents, paired.`,
    head: ["run", "layer", "removed", "units", "loss", "accuracy"],
    rows: runs.flatMap(({ run, prune }) =>
      prune.removals.map(({ layer, removed, units, ...change }) => [
        run,
        String(layer),
        removed === "silent" ? "silent" : `least used ${Math.round(100 * removed)} %`,
        String(units),
        `${signed(change.lossIncrease, 4)} ± ${change.standardError.toFixed(4)}`,
        `${signed(100 * change.accuracyChange, 2)} ± ${(100 * change.accuracyError).toFixed(2)} %`,
      ]),
    ),
  };
}

function percentText({ value, low, high }: Estimate): string {
  const digits = (share: number) => (100 * share).toFixed(1);
  const known = Number.isFinite(low) && Number.isFinite(high);
  return known
    ? `${digits(value)} % (${digits(Math.max(0, low))} to ${digits(Math.min(1, high))})`
    : `${digits(value)} %`;
}

function ratioText({ value, low, high }: Estimate): string {
  const known = Number.isFinite(low) && Number.isFinite(high);
  return known ? `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})` : value.toFixed(2);
}

function shareText(count: number, of: number): string {
  return of === 0 ? `${count} of 0` : `${count} (${((100 * count) / of).toFixed(1)} %)`;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(digits)}`;
}
