/** The numbers behind the verdicts, with 95 % intervals of each by itself. */
import { type Estimate, interval, jackknifeRatio } from "../../statistics/jackknife.ts";
import { mean, variance } from "../../statistics/moments.ts";
import type { Overlap } from "../../statistics/overlap.ts";
import { type ArmEffect, armEffect } from "./arm-effects.ts";
import type { Evidence, WithinRun } from "./evidence.ts";
import { overlapOfPoints, replaysOf } from "./replays.ts";

/** Plain forks after so many steps, over checkpoints. */
export interface AtHorizon {
  readonly steps: number;
  readonly points: number;
  /** Units that fell silent, once for each order. */
  readonly deaths: number;
  /** Of their way: what is repeated under other orders, and what all units with margins like theirs go, on average. */
  readonly repeated: Estimate;
  readonly alike: Estimate;
  readonly overlap: Overlap;
}

/** An arm, and what its forks are held against. */
export interface ArmSummary extends Omit<ArmEffect, "points"> {
  readonly steps: number;
  readonly plainSteps: number;
  readonly treated: number;
  readonly plain: number;
}

/** One run's own record. */
export interface RunSummary extends Omit<WithinRun, "directedness"> {
  /** Mean over layers and stretches of looks, and its interval over them; with how many. */
  readonly directedness: Estimate;
  readonly stretches: number;
}

/** All of it. */
export interface Summary {
  readonly horizons: readonly AtHorizon[];
  readonly arms: readonly ArmSummary[];
  readonly runs: readonly RunSummary[];
}

/** Adds up. */
export function summaryOf(evidence: Evidence): Summary {
  const { points, runs, steps } = evidence;
  const seen = points.flatMap(({ arms }) => arms);
  const horizons = [...new Set(seen.filter(({ arm }) => arm === "plain").map((one) => one.steps))];
  const arms = [...new Set(seen.map(({ arm }) => arm))].filter((arm) => arm !== "plain");
  const effects = arms.map((arm) => armSummary(evidence, arm, steps, steps));
  const half = steps / 2;
  if (arms.includes("half-lr") && horizons.includes(half)) effects.push(armSummary(evidence, "half-lr", steps, half));
  return {
    horizons: horizons.sort((a, b) => a - b).map((one) => atHorizon(evidence, one)),
    arms: effects,
    runs: runs.map(({ directedness, ...rest }) => {
      const error = Math.sqrt(variance(directedness) / directedness.length);
      const estimate = interval(mean(directedness), error, directedness.length - 1);
      return { ...rest, directedness: estimate, stretches: directedness.length };
    }),
  };
}

function atHorizon(evidence: Evidence, steps: number): AtHorizon {
  const replays = replaysOf(evidence, steps);
  const own = replays.map((one) => one.own);
  const share = (key: "repeated" | "alike") =>
    jackknifeRatio(
      replays.map((one) => one[key]),
      own,
    );
  const deaths = replays.reduce((sum, one) => sum + one.deaths, 0);
  const overlap = overlapOfPoints(evidence, steps);
  return { steps, points: replays.length, deaths, repeated: share("repeated"), alike: share("alike"), overlap };
}

function armSummary(evidence: Evidence, name: string, steps: number, plainSteps: number): ArmSummary {
  const { points, ...effect } = armEffect(evidence, name, steps, plainSteps);
  const sum = (key: "treated" | "plain") => points.reduce((total, point) => total + point[key], 0);
  return { ...effect, steps, plainSteps, treated: sum("treated"), plain: sum("plain") };
}
