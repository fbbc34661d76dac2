/** The page: prose whose numbers, and whose verdicts, are filled in from the runs. */
import { centre, forms, initScales, learningRates, seeds } from "./plan.ts";
import type { Cell, Layers, Summary } from "./summary.ts";

/** What this page said before, of runs of a tenth of the steps and with the definitions of that time: results/earlier.json. */
export interface Earlier {
  readonly steps: number;
  readonly useBatch: Layers;
  readonly statistics: readonly {
    readonly statistic: string;
    readonly delta: { readonly value: number; readonly low: number; readonly high: number };
    readonly claim: string;
  }[];
  /** Seeds with each verdict of token level against batch level. */
  readonly inversion: Readonly<Record<string, number>>;
  readonly deaths: { readonly deaths: number; readonly revivedShare: number; readonly weights: number };
  /** Of forks' overlap, by layer; null where nothing fell silent. */
  readonly lifts: readonly (number | null)[];
  /** What removing the less used half of a layer added to the loss, by layer. */
  readonly halves: Layers;
}

const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const percents = (shares: Layers) => shares.map((share) => percent(share)).join(" / ");
const spread = (shares: Layers) => `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`;

/** README.md of the study. */
export function page(summary: Summary, earlier: Earlier): string {
  const { cells, contrast, verdicts, lives, deaths, overlap, prune } = summary;
  const batch = contrast.statistics.find(({ statistic }) => statistic === "use_batch")!;
  const token = contrast.statistics.find(({ statistic }) => statistic === "use_token")!;
  const later = batch.layers.slice(1);
  const collapsed = batch.layers[0]! < Math.min(...later);
  const { inversion_cross_level: cross } = verdicts as { inversion_cross_level: Record<string, number> };
  return `<!-- Written by main.ts from the runs; edit page.ts. -->
# Sparsity and death in a small ReLU transformer

Six layers, d_model 64, 512 hidden units each, 64 tokens of context, trained on bytes of the State of the Union addresses for
${summary.useTokenCourse.tokens.at(-1)?.toLocaleString("en")} tokens. Learning rate by initial scale (one seed each), and ${seeds.length} seeds of the centre (learning rate ${centre.lr},
initial scale ${centre.initScale}). One command trains what is missing and writes this page: \`npx tsx examples/sparsity-study/main.ts\`,
3000 steps a run, or 300 with \`--short\`.
${standing(summary)}

Wild & Anderson (arXiv 2407.07848) report that a six-layer model with 32768 units a layer ends up using 13.3 % of its first
layer's units in a batch of 8192 tokens and 95.6 % of its last layer's. Ours is a far smaller model, trained far less.

## Does the first layer collapse?

${collapsed ? "In this run of the study it does" : "**No**"}: per batch of 1024 tokens the layers use ${percents(batch.layers)} (first to last, means over seeds), and per token
${percents(token.layers)}. ${collapsed ? "The first layer uses the least." : `The first layer uses ${batch.layers[0]! >= Math.max(...later) ? "the most" : "neither the most nor the least"}; what falls silent are units of later layers.`} Per batch, use ${shape(batch.layers)}.

![Units used per batch](results/use-batch.svg) ![Units used per token](results/use-token.svg)

Per-token use starts near 50 %, which is symmetry and no finding, and goes its own way in each layer from there.

## First against last layer

${contrast.statistics
  .filter(({ statistic }) => ["use_token", "use_batch", "k50", "cluster_index"].includes(statistic))
  .map(
    ({ statistic, delta, p, claim }) =>
      `- \`${statistic}\`: last - first ${delta.value.toFixed(2)} (95 % ${delta.low.toFixed(2)} to ${delta.high.toFixed(2)} over seeds; exact sign-flip p ${p.toFixed(3)}): ${claim === "none" ? "no claim" : claim}.`,
  )
  .join("\n")}

The paper's per-batch contrast would be +4.95. Inversion of token level and batch level: ${counted(cross)} (of ${seeds.length} seeds).

![Contrasts over seeds](results/contrast.svg)

## What decides how many units are left

![Units used per batch, by learning rate and initial scale](results/grid.svg)

| learning rate | initial scale | held-out loss | used per batch, later layers | dormant, later layers | layers with a horizon |
| --- | --- | --- | --- | --- | --- |
${cells.map(cellRow).join("\n")}

${knobs(cells)}

## How units die

Dead: silent for so long that at most 5 % of units as long silent come back, layer by layer; that length is the layer's horizon. Where none is
reached, units silent for long are dormant, and no death is called. At the end of the ${seeds.length} centre runs:

| layer | dormant | dead | seeds with a horizon |
| --- | --- | --- | --- |
${lives.dead.map((dead, l) => `| ${l} | ${percent(lives.dormant[l]!)} | ${percent(dead)} | ${lives.withHorizon[l]} of ${seeds.length} |`).join("\n")}

${deaths.deaths === 0 ? "No death was called." : livesVerdict(summary)}
${deaths.deaths === 0 ? "" : causesOf(deaths)}

## Would other data have killed others?

${forms[summary.form].fork.orders} forks of step ${overlap.step} read the same text in other orders for ${overlap.steps} steps. Against sets random among units
that fired as often (fortieths of the layer) their newly silent units overlap

| layer | alive | newly silent | lift | z | kappa |
| --- | --- | --- | --- | --- | --- |
${overlap.layers.map(overlapRow).join("\n")}

times as much as chance ("lift"). Units that fire seldom fall silent under any mechanism: hence the groups. ${overlapVerdict(summary)}

![Overlap of forks](results/overlap.svg)

## What units are worth

Removing the units that fired in none of ${prune.tokens.toLocaleString("en")} training tokens changes the held-out loss (${prune.loss.toFixed(3)}) by
${worth(summary, "silent")} nats in all layers together. Removing half of every layer, the least used half, costs ${worth(summary, 0.5)}; of the first layer
alone ${worth(summary, 0.5, 0)}, of any later layer at most ${Math.max(...prune.removals.filter(({ layer, removed }) => removed === 0.5 && typeof layer === "number" && layer > 0).map(({ lossIncrease }) => lossIncrease)).toFixed(3)}. Where later layers hardly matter to the loss, that their units fall silent is in
part the idleness of an undertrained network, and no evidence about larger ones.

## What became of what this page said before

It was first written after ${earlier.steps} steps, far from convergence, when a death was a significant silence of two windows.

| | then | now |
| --- | --- | --- |
${became(summary, earlier)}

## What this does not show

One corpus, one size, ${seeds.length} seeds of one cell and one seed of the others. Claims are corrected for the number of statistics, so with six
seeds (sign-flip p at least 0.031) few can be made, also where an interval of one alone leaves 0 out. "Used per
batch" depends on the tokens in a batch: 1024 here, 8192 in the paper.
`;
}

/** How far the numbers are to be trusted. */
function standing({ form, device }: Summary): string {
  return form === "full"
    ? `What stands here was trained with the \`xla\` engine (${device}), about 50 seconds a run; on two cores it is a night's work.
\`experiment death\` and \`experiment paper\` on the runs say more than this page.`
    : "**These runs are of the short form, and have not converged**: no verdict here is settled.";
}

/** How a share runs through the layers. */
function shape(layers: Layers): string {
  const steps = layers.slice(1).map((share, l) => share - layers[l]!);
  const turn = steps.findIndex((step) => step > 0);
  if (turn === -1) return "falls with depth";
  if (!steps.slice(turn).every((step) => step > 0)) return "is in no order of depth";
  return turn === 0 ? "grows with depth" : `falls to layer ${turn} and grows with depth from there`;
}

function livesVerdict({ lives, deaths }: Summary): string {
  const reached = lives.withHorizon.reduce((sum, count) => sum + count, 0);
  return `In ${reached} of ${seeds.length * lives.dead.length} layers of runs silence has lasted long enough to be called death: ${deaths.deaths} deaths, of which ${percent(deaths.revivedShare)} have ended in
revival since. Everywhere else "will not come back" cannot be told from "has not come back yet" in runs of this length.`;
}

function causesOf(deaths: Summary["deaths"]): string {
  return `${deaths.explained} could be traced on the frozen probe. The largest part of what moved them was ${ranked(deaths.dominant)};
of survivors that fired as often, ${ranked(deaths.dominantSurvivors)}.
Dying units drifted ${deaths.excessDrift.toFixed(3)} further than those survivors (in units of the pre-activation; negative is towards
death); random walks of the same steps make ${deaths.excessDriftNull.toFixed(3)} by selection alone. Between looks four steps apart, the largest step was ${percent(deaths.largestStep, 0)} of the fall, and ${percent(deaths.largestStepSurvivors, 0)} for those survivors: ${jumpVerdict(deaths.largestStep, deaths.largestStepSurvivors)}
By the analyzer's rule ${percent(deaths.jumpShare, 0)} of the deaths were jumps and ${percent(deaths.gradualShare, 0)} gradual (of the survivors' falls ${percent(deaths.gradualShareSurvivors, 0)} were).
Before its last firing ${percent(deaths.starvedDeaths, 0)} of the dying had been starved of gradient: ${deaths.starvedDeaths > 0.5 ? "most had stopped learning before they stopped firing." : "most were fed until they fell silent."}
The parts add up to the change for every unit to ${deaths.residual.toExponential(0)} of it; the device's float32
rounding of that change is ${deaths.rounding.toExponential(0)} of the largest mean pre-activation.`;
}

/** Rows of what was said then and is found now. */
function became({ contrast, verdicts, deaths, lives, overlap, prune }: Summary, earlier: Earlier): string {
  const now = (name: string) => contrast.statistics.find(({ statistic }) => statistic === name)!;
  const difference = ({ delta, claim }: Pick<Earlier["statistics"][number], "delta" | "claim">) =>
    `${delta.value.toFixed(2)} (${delta.low.toFixed(2)} to ${delta.high.toFixed(2)}), ${claim === "none" ? "no claim" : claim}`;
  const lifts = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
    return `${Math.min(...known).toFixed(1)} to ${Math.max(...known).toFixed(1)}`;
  };
  const halves = (values: Layers) => `${values[0]!.toFixed(3)}; at most ${Math.max(...values.slice(1)).toFixed(3)}`;
  const half = ({ removed, layer }: Summary["prune"]["removals"][number]) =>
    removed === 0.5 && typeof layer === "number";
  const reached = lives.withHorizon.reduce((sum, count) => sum + count, 0);
  const rows: readonly (readonly [string, string, string])[] = [
    ["use per batch", shape(earlier.useBatch), shape(now("use_batch").layers)],
    ...earlier.statistics.map(
      (then) => [`last - first, \`${then.statistic}\``, difference(then), difference(now(then.statistic))] as const,
    ),
    [
      "token level against batch level",
      counted(earlier.inversion),
      counted(verdicts.inversion_cross_level as Record<string, number>),
    ],
    [
      "deaths that end in revival",
      percent(earlier.deaths.revivedShare, 0),
      `${percent(deaths.revivedShare)}, in the ${reached} layers with a horizon`,
    ],
    [
      "deaths moved most by the unit's own weights",
      percent(earlier.deaths.weights, 0),
      `${percent(deaths.dominant.weights!, 0)}; ${percent(deaths.dominantSurvivors.weights!, 0)} of survivors`,
    ],
    [
      "forks' overlap against chance, layers",
      lifts(earlier.lifts),
      lifts(overlap.layers.map(({ overlap: { lift } }) => lift)),
    ],
    [
      "loss without the less used half: of the first layer; of a later one",
      halves(earlier.halves),
      halves(prune.removals.filter(half).map(({ lossIncrease }) => lossIncrease)),
    ],
  ];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function cellRow({ lr, initScale, evalLoss, useBatch, dormant, dead, horizons }: Cell): string {
  const later = [useBatch, dormant].map((layers) => spread(layers.slice(1)));
  const reached = horizons.filter((horizon, l) => horizon > 0 || dead[l]! > 0).length;
  return `| ${lr} | ${initScale} | ${evalLoss.toFixed(3)} | ${later.join(" | ")} | ${reached} of ${horizons.length} |`;
}

/** Compares the mean use of later layers between the ends of each knob. */
function knobs(cells: readonly Cell[]): string {
  const use = (lr: number, scale: number) => {
    const { useBatch } = cells.find((cell) => cell.lr === lr && cell.initScale === scale)!;
    return useBatch.slice(1).reduce((sum, value) => sum + value, 0) / (useBatch.length - 1);
  };
  const [slow, fast] = [learningRates[0], learningRates.at(-1)!];
  const [small, large] = [initScales[0], initScales.at(-1)!];
  const word = (from: number, to: number) =>
    Math.abs(to - from) < 0.02 ? "hardly changes" : to < from ? "lowers" : "raises";
  const byRate = `From learning rate ${slow} to ${fast} mean batch use of the later layers goes from ${percent(use(slow, small))} to ${percent(use(fast, small))} at initial scale ${small}`;
  const byScale = `A larger initial scale ${word(use(centre.lr, small), use(centre.lr, large))} it at learning rate ${centre.lr} (${percent(use(centre.lr, small))} to ${percent(use(centre.lr, large))}).`;
  return `${byRate}, and from ${percent(use(slow, large))} to ${percent(use(fast, large))} at ${large}. ${byScale}`;
}

function counted(verdicts: Readonly<Record<string, number>>): string {
  const named = Object.entries(verdicts).filter(([, count]) => count > 0);
  return named.map(([verdict, count]) => `${verdict} in ${count}`).join(", ");
}

function ranked(dominant: Readonly<Record<string, number>>): string {
  const order = Object.entries(dominant).sort((a, b) => b[1] - a[1]);
  const names: Record<string, string> = {
    weights: "the unit's own weights",
    decay: "weight decay",
    bias: "its bias",
    norm: "the norm's gain and shift",
    upstream: "the residual stream upstream",
  };
  return order.map(([part, share]) => `${names[part]} in ${percent(share, 0)}`).join(", ");
}

function jumpVerdict(dying: number, survivors: number): string {
  return dying > 1.25 * survivors
    ? "the dying jumped more than the others."
    : "the dying did not jump more than the others.";
}

function overlapRow({ layer, alive, fellSilent, overlap, kappa }: Summary["overlap"]["layers"][number]): string {
  const shown = [overlap.lift, overlap.z, kappa].map((value) => (Number.isFinite(value) ? value.toFixed(2) : "-"));
  return `| ${layer} | ${alive} | ${fellSilent.join(", ")} | ${shown.join(" | ")} |`;
}

function overlapVerdict({ overlap }: Summary): string {
  const known = overlap.layers.filter(({ overlap: { z } }) => Number.isFinite(z));
  const beyond = known.filter(({ overlap: { z } }) => z > 3).map(({ layer }) => layer);
  const rest = "how seldom a unit already fires explains the rest";
  if (known.length === 0) return "Too few units fell silent to tell.";
  if (beyond.length === 0)
    return "At equal frequency nothing is left beyond z = 3: which units fall silent is decided by how seldom they already fire.";
  return `Beyond z = 3: layer${beyond.length > 1 ? "s" : ""} ${beyond.join(", ")}. There the unit's state at the fork decides more than its frequency tells; ${rest}.`;
}

function worth({ prune }: Summary, removed: "silent" | number, layer: number | "all" = "all"): string {
  const found = prune.removals.find((one) => one.removed === removed && one.layer === layer)!;
  return `${found.lossIncrease.toFixed(3)} ± ${found.standardError.toFixed(3)}`;
}
