/** The verdict on each explanation, from the share of death that it accounts for. docs/death.md says why these statistics. */
import { type Estimate, interval, jackknifeRatio } from "../../statistics/jackknife.ts";
import { normalCdf } from "../../statistics/special.ts";
import { armEffect } from "./arm-effects.ts";
import type { Evidence } from "./evidence.ts";
import { overlapOfPoints, replaysOf } from "./replays.ts";

/** The three. */
export const explanations = ["directed dynamics", "random drift", "outliers"] as const;
export type Explanation = (typeof explanations)[number];

/** What is said of one. */
export interface Verdict {
  readonly explanation: Explanation;
  /** Share of death that it accounts for; the three intervals hold together with 95 %. NaN where it is not known. */
  readonly share: Estimate;
  readonly verdict: "supported" | "contradicted" | "not decided";
  readonly because: string;
}

/** Chance of error of each of the three intervals, for 5 % over all (Bonferroni). */
const each = 0.05 / explanations.length;
/** What a verdict takes at least: checkpoints, data orders of each, units that fell silent. */
export const needed = { points: 5, orders: 3, deaths: 30 } as const;
/** An arm that leaves out more updates than this share did not leave out outliers: gradients grew. */
const mostSkipped = 0.1;
/** Degrees of freedom of an error that is known by counting. */
const many = 1000;

/** A share, or why there is none. */
type Known = { readonly share: Estimate; readonly df: number } | { readonly lacks: string };

const unknown: Estimate = { value: Number.NaN, se: Number.NaN, low: Number.NaN, high: Number.NaN };

/** Weighs them. */
export function weigh(evidence: Evidence): Verdict[] {
  const directed = shareDirected(evidence);
  const outliers = shareOfOutliers(evidence);
  return [
    directedVerdict(evidence, directed),
    randomVerdict(directed, outliers),
    judged("outliers", outliers, "of deaths would not have been without updates that stand out"),
  ];
}

/** Of the way to silence, the part that is repeated under data orders that know nothing of it. */
function shareDirected(evidence: Evidence): Known {
  const whole = replaysOf(evidence, evidence.steps).filter(({ orders }) => orders >= needed.orders);
  const deaths = whole.reduce((sum, one) => sum + one.deaths, 0);
  if (whole.length < needed.points) return { lacks: fewPoints(whole.length, `in ${needed.orders} data orders`) };
  if (deaths < needed.deaths) return { lacks: fewDeaths(deaths) };
  const [repeated, own] = [whole.map((one) => one.repeated), whole.map((one) => one.own)];
  return { share: jackknifeRatio(repeated, own, each), df: whole.length - 1 };
}

function directedVerdict(evidence: Evidence, directed: Known): Verdict {
  const said = judged("directed dynamics", directed, "of the way to silence is repeated under other data orders");
  if (said.verdict !== "supported") return said;
  const { lift, z } = overlapOfPoints(evidence, evidence.steps);
  const p = 1 - normalCdf(z);
  if (p <= each) return said;
  const because = `${said.because}, but it is not the same units that fall silent (overlap ${lift.toFixed(2)} times chance, p ${p.toFixed(3)}).`;
  return { ...said, verdict: "not decided", because };
}

/** What is neither repeated nor due to outliers is left to drift that the data's order decides. */
function randomVerdict(directed: Known, outliers: Known): Verdict {
  const what = "of the way to silence is neither repeated under other data orders nor due to outliers";
  if ("lacks" in directed) return judged("random drift", directed, what);
  if (!("lacks" in outliers)) {
    const value = 1 - directed.share.value - outliers.share.value;
    const df = Math.min(directed.df, outliers.df);
    const share = interval(value, Math.hypot(directed.share.se, outliers.share.se), df, each);
    return judged("random drift", { share, df }, what);
  }
  const most = 1 - directed.share.low;
  const share = { ...unknown, high: most };
  if (most >= 0.5) {
    return { ...judged("random drift", { lacks: `outliers cannot be told from it (${outliers.lacks})` }, what), share };
  }
  return { ...judged("random drift", { share, df: directed.df }, what), share };
}

/** By the arm without outliers; where it says nothing, by deaths after spikes in the runs themselves. */
function shareOfOutliers(evidence: Evidence): Known {
  const arm = armEffect(evidence, "no-outliers", evidence.steps);
  const whole = arm.points.filter(({ orders }) => orders >= needed.orders);
  const deaths = whole.reduce((sum, one) => sum + one.plain, 0);
  const skipped = arm.skipped ?? 0;
  const without = "in 3 data orders with and without outliers";
  if (whole.length < needed.points) return orSpikes(fewPoints(whole.length, without), evidence);
  if (skipped === 0) return orSpikes("no update of any fork stood out, so that nothing was left out", evidence);
  if (skipped > mostSkipped) {
    return orSpikes(
      `${percent(skipped)} of updates were left out, too many to be outliers, as gradients grew`,
      evidence,
    );
  }
  if (deaths < needed.deaths) return orSpikes(fewDeaths(deaths), evidence);
  const saved = whole.map(({ plain, treated }) => plain - treated);
  const plain = whole.map((one) => one.plain);
  return { share: jackknifeRatio(saved, plain, each), df: whole.length - 1 };
}

/** Deaths in the steps after a spike beyond what their times put there, of all on record; runs together. */
function orSpikes(why: string, { runs }: Evidence): Known {
  const sum = (pick: (run: Evidence["runs"][number]) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const [deaths, spikes] = [sum((run) => run.deaths), sum((run) => run.spikes.spikes)];
  if (deaths < needed.deaths) return { lacks: `${why}; and the runs have ${deaths} deaths on record` };
  if (spikes === 0) return { lacks: `${why}; and no step of the runs stood out` };
  const se = Math.sqrt(sum((run) => run.spikes.deviation ** 2)) / deaths;
  const value = sum((run) => run.spikes.near - run.spikes.expected) / deaths;
  return { share: interval(value, se, many, each), df: many };
}

function fewPoints(points: number, what: string): string {
  return `${points} checkpoints were continued ${what}, of ${needed.points} that it takes`;
}

function fewDeaths(deaths: number): string {
  return `${deaths} units fell silent, of ${needed.deaths} that it takes`;
}

/** Supported: over half, for certain; contradicted: under half, for certain. */
function judged(explanation: Explanation, known: Known, what: string): Verdict {
  if ("lacks" in known) return { explanation, share: unknown, verdict: "not decided", because: `${known.lacks}.` };
  const { share } = known;
  const verdict = share.low > 0.5 ? "supported" : share.high < 0.5 ? "contradicted" : "not decided";
  if (verdict === "not decided")
    return { explanation, share, verdict, because: `what ${what} may be more or less than half.${power(known)}` };
  return { explanation, share, verdict, because: `${verdict === "supported" ? "most" : "less than half"} ${what}.` };
}

/** How far off a decision is: the interval narrows as one over the root of the number of checkpoints. */
function power({ share, df }: Extract<Known, { readonly df: number }>): string {
  const [reach, way] = [share.high - share.value, Math.abs(share.value - 0.5)];
  if (df === many || !(reach > 0)) return "";
  const points = Math.ceil((df + 1) * (reach / way) ** 2);
  const enough = points > mostForetold ? `more than ${mostForetold}` : `about ${points}`;
  return ` ${df + 1} checkpoints know it to within ${reach.toFixed(2)}; ${enough} like them would decide, if it is as it looks.`;
}
/** Checkpoints beyond which no number is foretold: nobody makes their forks. */
const mostForetold = 100;

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
