/** What neuron-death reports: meaning, range, unit, source, pitfall. */

import { keptPerDoubling } from "../thinning.ts";
import { horizons } from "./horizon.ts";

const byTokens =
  "Judged at the close of each window (option `window_tokens`), on the training stream, not on one batch. Death is always relative to a number of tokens.";
/** A group of parts as the hardest push, of the dying and of survivors. */
function dominant<N extends string>(name: N, part: string) {
  const entries = {
    [`dominant_${name}`]: `Share of explained deaths that ${part} pushed hardest towards silence, over the steps before the last firing. [0, 1]; what pushed the other way does not count, and deaths that nothing pushed are in none. Says nothing without dominant_${name}_survivors.`,
    [`dominant_${name}_survivors`]: `The same share of matched survivors, over the same steps. Only a difference is special to death.`,
  };
  return entries as Record<`dominant_${N}` | `dominant_${N}_survivors`, string>;
}

/** What is said of spikes of one kind, `of` being loss or gradient norm. */
function spikes<N extends "loss" | "grad">(name: N, of: string) {
  const entries = {
    [`${name}_spikes`]: `Steps so far whose ${of} lies over 3 deviations above the 50 steps before. Steps.`,
    [`${name}_spike_deaths`]: `Deaths, by last firing, within 10 steps from a spike of the ${of} on. Units.`,
    [`${name}_spike_deaths_expected`]:
      "As many expected if deaths had nothing to do with spikes: mean over shifts of the spikes within stretches of 100 steps, each of which keeps its own deaths and spikes, as both thin out over training. Units.",
    [`${name}_spike_rate_ratio`]: "The one over the other. 1: unrelated; NaN where none are expected.",
    [`${name}_spike_p`]:
      "Chance of as many or more by those shifts. [0, 1]. Small: deaths follow spikes more than chance.",
    [`${name}_spike_detectable`]:
      "Power: the smallest rate ratio that this test would have found at 5 % in 80 % of cases. A p that is not small speaks against larger ones only; Infinity: against none.",
  };
  type Ending = "s" | "_deaths" | "_deaths_expected" | "_rate_ratio" | "_p" | "_detectable";
  return entries as Record<`${N}_spike${Ending}`, string>;
}

/** Name to documentation. */
export const metrics = {
  born_dead: `Share of units that have not fired since bookkeeping began. [0, 1]. ${byTokens} Bookkeeping begins after warm-up, where many units are silent and come back.`,
  alive: "Share of units that fired in the window, and never were dead. [0, 1].",
  silent: "Share of units that did not fire in this window, but in the one before. [0, 1]. Silent is not dead.",
  dormant:
    "Share of units silent for longer, but not for the layer's horizon (horizon_tokens): they may well come back. [0, 1]. Neither is dormant dead.",
  dead: `Share of units silent for the layer's horizon (horizon_tokens) or longer. [0, 1]. None where there is no horizon. ${byTokens}`,
  horizon_tokens:
    "Tokens of silence from which a unit counts as dead: the least d such that of units silent for d tokens at most `revival_share` fire within the next d, the upper 95 % bound over half of the units, which the other half confirms. NaN: no horizon reached, and no death is called. Each layer has its own, it may change as silences are seen, and units that died by an earlier one stay dead until they fire.",
  revived: "Share of units that were dead and fire again (in two sequences). [0, 1].",
  deaths: "Deaths so far, revived ones included. Units.",
  revivals: "Revivals so far. Units.",
  hazard: "Deaths called in the window per unit at risk (not dead, not born dead) and million tokens. >= 0.",
  revived_share:
    "Share of deaths that end in revival within the longest spell seen, by Kaplan and Meier: dead units that are still dead are censored, not counted as lost. [0, 1].",
  observed_tokens: "Tokens looked at since bookkeeping began: the N behind born_dead and dead. Tokens.",
  zero_rate_bound:
    "Largest firing rate that no firing in all observed sequences leaves open at 95 %, 1 - 0.05^(1/n) (rule of three). Firings a sequence.",
  explained_deaths: "Deaths to which the frozen probes reach back, so far. Units. The N behind all shares below.",
  ...dominant("weights", "the change of its weights by gradients (and the optimizer's momentum)"),
  ...dominant("decay", "weight decay"),
  ...dominant("bias", "its bias"),
  ...dominant("norm", "the norm's gain and shift together"),
  ...dominant("upstream", "what lies upstream (direction and scale of the residual stream together)"),
  excess_drift:
    "Mean drift of the mean pre-activation of dying units over the steps before their last firing, minus that of survivors matched by firing frequency. Pre-activation units. All units drift negative early (arXiv 2605.17659): selecting units that died makes an excess of its own, which excess_drift_null shows: only what goes beyond that is special to death.",
  largest_step:
    "Median over explained deaths of the largest fall of the margin (largest pre-activation on the frozen tokens) between two looks, over all its falls. [0, 1]. Near 1: a jump.",
  largest_step_survivors: "The same of matched survivors: without it largest_step says nothing.",
  jump_share:
    "Share of explained deaths by a jump: largest step >= 0.5 and over 5 median absolute deviations. [0, 1]. What happens between two looks counts as one step: no finer than option `frozen_every`.",
  jump_share_survivors: "The same of matched survivors: without it jump_share says nothing.",
  gradual_share:
    "Share of explained deaths that were gradual: largest step < 0.2, falls over ten training steps or more. [0, 1].",
  gradual_share_survivors: "The same of matched survivors.",
  gradient_before_death:
    "Median over deaths of the running mean gradient norm of the unit's weights at its last firing, over the layer's median. Below 1: starved before it fell silent.",
  starvation_lag:
    "Median over the newest 1000 deaths of the steps from the onset of starvation (fewer than half of about ten recent steps gave the unit's weights any gradient) to its last firing. Steps. 0: fed until it fell silent, so that starvation cannot have been a cause.",
  starved_deaths: "Share of those deaths whose unit was starved before its last firing. [0, 1].",
  starved: "Share of units without any gradient in this batch: with ReLU those that did not fire in it. [0, 1].",
  ...spikes("loss", "loss"),
  ...spikes("grad", "gradient norm before clipping"),
  frozen_silent: "Share of units that no frozen token fires. [0, 1]. A few hundred tokens: not death.",
  certified_dead:
    "Share of units that no input whatever can fire: firing threshold cosine >= 1 (the norm's output lies on a sphere). [0, 1]. A sound lower bound on the dead, usually far below them.",
  threshold_silent:
    "Median firing threshold cosine of units that no frozen token fires: the unit fires iff the cosine of its direction and the normalised input is above it. NaN when there are none.",
  isotropic_silent:
    "How often inputs spread evenly over directions would fire a unit with threshold_silent. [0, 1]. Well above 0: those units are silent because inputs are not spread evenly, not because of their threshold.",
  threshold_firing: "Median firing threshold cosine of the other units.",
  standardised_silent: "Median of mean / deviation of the pre-activation over frozen tokens, units that none fires.",
  standardised_firing: "The same of the other units.",
  input_severity:
    "|mean| / |deviation| of the MLP's normalised input over frozen tokens (arXiv 2605.31518). >= 0. Large where one direction is common to all tokens, which silences units that point against it.",
  alignment_silent:
    "Median cosine of a unit's direction (gain times weights) and the mean normalised input, units that no frozen token fires. [-1, 1]. Below 0: what all tokens have in common pushes them down.",
  alignment_firing: "The same of the other units.",
  fell_silent: "Units that fired on the frozen tokens at the look before and do not now. Units.",
  drift_residual:
    "Largest |sum of parts - change| / |change| of a followed unit's mean pre-activation since the look before: how exact the decomposition is. The change is W.mean(u) + b of either look in float64, from the parameters and inputs that the device had. Below 1e-5, usually far below.",
  drift_rounding:
    "Largest |that change - the change of the device's own float32 means|, over the largest |mean pre-activation|: how far the device's rounding lets the two differ. About 1e-6.",
  directedness:
    "Units that came to a margin of 0 over the last 16 looks, warm-up included, over the mean number that random walks bring there: the same steps with random signs, one sign a step for all units. 1: random; above: drift; NaN where no walk brings any.",
  directedness_low:
    "The number seen over the 97.5 % quantile of walks: above 1, more than chance. What units have in common moves them together in walks as well, so that quantiles are wide where most of the movement is common.",
  directedness_high: "The number seen over the 2.5 % quantile of walks; Infinity where that is 0.",
  directedness_p: "Share of walks that bring as many to 0. (0, 1]. Small: directed.",
  excess_drift_null:
    "excess_drift of those walks: drift of the walks' dead minus that of survivors as busy as they, over the last 16 looks. Selection alone makes it negative, without any direction. Pre-activation units; NaN where no walk has a death.",
  variance_ratio:
    "Variance of margin changes over 4 looks over 4 times that over one. Above 1: persistent drift; below: steps that revert.",
  drift:
    "Mean change since the look before, in parts. Rows: units that fell silent; survivors matched by frequency; both again over the tokens that fired them, or 32 of these. Columns: weights, decay, bias, ln_gain, ln_shift, upstream_direction, upstream_scale. Pre-activation units.",
  death_drift:
    "Mean parts (columns as in drift) so far. Rows: explained deaths over the steps before the last firing; matched survivors over the same steps; the dead from then to the close of their first silent window, when only decay, coasting of the optimizer and what lies upstream move them.",
  transitions:
    "Units that went from state (row) to state (column) between the last two windows; order born_dead, alive, silent, dormant, dead, revived (cf. Table 2 of arXiv 2407.07848).",
  revival_survival: "Share of the dead that are still dead after 0, 1, 2 ... windows (Kaplan and Meier).",
  hazard_by_age:
    "Rows over the age in windows since a unit's first firing (or revival): units that were at risk of death at that age, deaths called, deaths per unit at risk and million tokens. A death is called some windows after the last firing, and so counts at that age.",
  largest_step_histogram:
    "Shares of deaths by largest_step, 20 bins from 0 to 1. Row 0 explained deaths, row 1 matched survivors over the same steps.",
  threshold_course:
    "Firing threshold cosines before the last firing, over explained deaths so far. Rows: steps before it; mean and deviation of the dying; mean and deviation of matched survivors over the same steps.",
  returns: `Row 0: windows of silence d (${horizons.join(", ")}); row 1: share of units silent for d windows that fired within the next d, all silences so far; NaN where there were none.`,
  state: `State of each unit, 0 to 5 in the order of transitions. As all arrays here it is kept for the first ${2 * keptPerDoubling} windows, then for ${keptPerDoubling} in each doubling of their number (of frozen looks likewise), and for the last step.`,
  silent_tokens: "Tokens since each unit last fired.",
  death_step: "Step at which each dead unit last fired; 0 for others.",
  threshold_histogram:
    "Units by firing threshold cosine, 40 bins from -1 to 1 (the end bins hold what lies beyond). Row 0 units that no frozen token fires, row 1 the others.",
  unit_threshold:
    "Firing threshold cosine of each unit, theta = -(W.beta + b) / (sqrt(d) |P(g W)|), at frozen looks. With W, b the unit's incoming weights and bias, g, beta the norm's gain and shift, P the mean taken off (RMSNorm: nothing): the norm's output n has length sqrt(d) (arXiv 2305.02582), so that the unit fires iff cos(n, P(g W)) > theta. Any real; at 1 or above no input fires it, at -1 or below all do. Recorded with option `per_unit`.",
  unit_margin:
    "Margin of each unit: its largest pre-activation over the frozen tokens. Above 0: some of them fires it. A few hundred tokens: not death. Recorded with option `per_unit`.",
  unit_gradient:
    "Norm of the gradient of each unit's incoming weights, |dL/dW|, L the mean loss of the step's batch, before clipping; at frozen looks. >= 0. With ReLU exactly 0 iff no token of the batch fires it (dying ReLU, arXiv 1903.06733). One batch: it is noisy. Recorded with option `per_unit`.",
} as const;

/** Those that only the training itself can tell: gradients, and losses from step to step. */
export const gradients = (Object.keys(metrics) as (keyof typeof metrics)[]).filter((name) =>
  /gradient|starv|spike/.test(name),
);
