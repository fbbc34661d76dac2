/** One layer under watch: its units' states, the causes of deaths, the gradient that each unit last got. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import type { AnalyzerMoment } from "../../../core/contract/analyzer.ts";
import { median } from "../../../statistics/moments.ts";
import { kaplanMeier } from "../../../statistics/survival.ts";
import { createAttribution } from "./attribution.ts";
import { createCauses } from "./causes.ts";
import { dominantPart, driftParts } from "./drift.ts";
import { horizons } from "./horizon.ts";
import { prefixed, under } from "./keys.ts";
import { createLife, type LifeOptions, lifeStates, type Turn, type WindowReport } from "./life.ts";
import type { Norm } from "./snapshot.ts";
import { createStarvation } from "./starvation.ts";
import { createStash, type StashedCauses } from "./stash.ts";

/** How a layer is watched. */
export interface LayerOptions extends LifeOptions {
  readonly norm: Norm;
  /** Units that are followed; attribution knows them by their places in this list. */
  readonly followed: readonly number[];
  /** Steps before the last firing over which a death is explained, and steps between looks. */
  readonly reach: number;
  readonly every: number;
  readonly tokensPerSequence: number;
}

/** Newest deaths whose gradients the medians are of. */
const remembered = 1000;
/** By state, whether units in it can die. */
const living = lifeStates.map((state) => state === "alive" || state === "revived");

/** Starts to watch a layer. */
export function createLayer(layer: number, options: LayerOptions) {
  const { units, followed, tokensPerSequence, reach, every } = options;
  const life = createLife(options);
  const placeOf = new Map(followed.map((unit, place) => [unit, place]));
  const attribution = createAttribution(options.norm, reach, every);
  const causes = createCauses(reach, every);
  const stash = createStash();
  const starvation = createStarvation(units);
  const diedAt = new Int32Array(units);
  const own = {
    turns: new Float64Array(2), // deaths, revivals
    gradientRatios: new Float64Array(0),
    starvationLags: new Float64Array(0),
  };

  function closed(report: WindowReport, at: AnalyzerMoment, random: Random): void {
    const deaths = report.turns.filter((turn) => turn.kind === "death");
    const typical = deaths.length === 0 ? Number.NaN : typicalGradient();
    const alive: number[] = [];
    for (const [place, unit] of followed.entries()) if (living[life.states[unit]!]) alive.push(place);
    const controlsOf = attribution.controlsAmong(alive);
    for (const turn of report.turns) {
      if (turn.kind !== "silence") continue;
      const place = placeOf.get(turn.unit);
      const own = place === undefined ? undefined : attribution.explain(place, turn, at.step);
      stash.put(turn.unit, own && { own, controls: controlsOf(place!, turn, random) });
    }
    const ratios: number[] = [];
    const lags: number[] = [];
    const found = deaths.flatMap((turn) => died(turn, at, typical, ratios, lags) ?? []);
    own.gradientRatios = newest(own.gradientRatios, ratios);
    own.starvationLags = newest(own.starvationLags, lags);
    for (const turn of report.turns) if (turn.kind === "revival") revived(turn, at);
    causes.add(
      found.map(({ own }) => own),
      found.flatMap(({ controls }) => controls),
    );
  }

  /** The layer's median among units that fire. */
  function typicalGradient(): number {
    const ofFiring = new Float64Array(units);
    let firing = 0;
    for (let i = 0; i < units; i++) if (living[life.states[i]!]) ofFiring[firing++] = starvation.norm(i);
    return median(ofFiring.subarray(0, firing));
  }

  function died(
    turn: Turn,
    at: AnalyzerMoment,
    typical: number,
    ratios: number[],
    lags: number[],
  ): StashedCauses | undefined {
    own.turns[0]!++;
    diedAt[turn.unit] = turn.lastStep;
    const ratio = starvation.norm(turn.unit) / typical;
    const lag = starvation.lag(turn.unit, turn.lastStep);
    if (Number.isFinite(ratio)) ratios.push(ratio);
    lags.push(lag);
    const causes = stash.take(turn.unit);
    const cause = causes?.own;
    at.event("death", {
      layer,
      unit: turn.unit,
      last_step: turn.lastStep,
      silent_tokens: turn.silentSequences * tokensPerSequence,
      sequences_before: turn.reference,
      gradient_ratio: ratio,
      starvation_lag: lag,
      ...(cause && {
        dominant: dominantPart(cause.parts) ?? "none",
        parts: Object.fromEntries(driftParts.map((part, k) => [part, cause.parts[k]])),
        descent: cause.descent.kind,
        largest_step: cause.descent.largestShare,
      }),
    });
    return causes;
  }

  function revived(turn: Turn, at: AnalyzerMoment): void {
    own.turns[1]!++;
    diedAt[turn.unit] = 0;
    const silent_tokens = turn.silentSequences * tokensPerSequence;
    at.event("revival", { layer, unit: turn.unit, silent_tokens, last_step: turn.lastStep });
  }

  return {
    life,
    attribution,
    /**
     * Takes which of a batch's sequences hold each unit, and its gradient norm; returns the share of units that got no gradient and a
     * report for each window that it closed.
     */
    add: (holding: Int32Array, batch: number, norms: Float32Array, at: AnalyzerMoment, random: Random) => {
      const starved = starvation.add(norms, at.step);
      const reports = life.add(holding, batch, at.step);
      for (const report of reports) closed(report, at, random);
      return { starved, reports };
    },
    /** Numbers at the close of a window. */
    numbers: (reports: readonly WindowReport[], windowTokens: number) => {
      const last = reports.at(-1)!;
      const states = Object.fromEntries(lifeStates.map((state, k) => [state, last.census[k]! / units]));
      const deaths = last.turns.filter((turn) => turn.kind === "death").length;
      const { ended, ongoing } = life.spells();
      return {
        ...(states as Record<(typeof lifeStates)[number], number>),
        deaths: own.turns[0]!,
        revivals: own.turns[1]!,
        hazard: deaths / last.atRisk / (windowTokens / 1e6),
        horizon_tokens: (life.horizon() ?? Number.NaN) * windowTokens,
        revived_share: 1 - kaplanMeier(ended, ongoing).at(-1)!,
        gradient_before_death: median(own.gradientRatios),
        starvation_lag: median(own.starvationLags),
        starved_deaths: own.starvationLags.filter((lag) => lag > 0).length / own.starvationLags.length,
        ...causes.numbers(),
      } as Record<string, number>;
    },
    /** Vectors and curves at the close of a window. */
    arrays: (reports: readonly WindowReport[], windowTokens: number): Record<string, NDArray> => {
      const { ended, ongoing } = life.spells();
      const longest = lengthOf(ended, ongoing);
      const survival = Float32Array.from(kaplanMeier(ended.slice(0, longest), ongoing.slice(0, longest)));
      const silent = new Uint32Array(units); // beyond 2^24 tokens float32 no longer tells neighbours apart
      for (let i = 0; i < units; i++) silent[i] = life.silentFor(i) * tokensPerSequence;
      return {
        transitions: { shape: [6, 6], data: Float32Array.from(reports.at(-1)!.transitions) },
        revival_survival: { shape: [survival.length], data: survival },
        hazard_by_age: hazardByAge(life.ages(), windowTokens),
        returns: { shape: [2, horizons.length], data: Float32Array.from([...horizons, ...life.returns()]) },
        state: { shape: [units], data: life.states.slice() },
        silent_tokens: { shape: [units], data: silent },
        death_step: { shape: [units], data: diedAt.slice() },
        ...causes.arrays(),
      };
    },
    save: (): Record<string, NDArray> => {
      const kept = Object.entries({ diedAt, ...own });
      return {
        ...prefixed("life", life.save()),
        ...prefixed("attribution", attribution.save()),
        ...prefixed("causes", causes.save()),
        ...prefixed("starvation", starvation.save()),
        ...prefixed("stash", stash.save()),
        ...Object.fromEntries(kept.map(([name, data]) => [`own/${name}`, { shape: [data.length], data }])),
      };
    },
    load: (state: Arrays): void => {
      life.load(under("life", state));
      // A resume on another kind of engine follows others, of whom nothing is known yet.
      const looks = under("attribution", state);
      if ((looks["0/zmax"]?.data.length ?? followed.length) === followed.length) attribution.load(looks);
      causes.load(under("causes", state));
      starvation.load(under("starvation", state));
      stash.load(under("stash", state));
      const kept = under("own", state);
      diedAt.set(kept.diedAt?.data ?? []);
      for (const name of Object.keys(own) as (keyof typeof own)[]) {
        own[name] = Float64Array.from(kept[name]?.data ?? own[name]);
      }
    },
  };
}

/** Numbers with more behind them, the last `remembered`. */
function newest(known: Float64Array<ArrayBuffer>, more: readonly number[]): Float64Array<ArrayBuffer> {
  if (more.length === 0) return known;
  return Float64Array.from([...known, ...more].slice(-remembered));
}

/** One more than the last place at which either list is not 0, and at least 1. */
function lengthOf(a: Float64Array, b: Float64Array): number {
  return Math.max(1, 1 + a.findLastIndex((n) => n > 0), 1 + b.findLastIndex((n) => n > 0));
}

/** Rows: units at risk by age in windows; deaths; deaths per unit at risk and million tokens. */
function hazardByAge({ atRisk, died }: { atRisk: Float64Array; died: Float64Array }, windowTokens: number): NDArray {
  const ages = lengthOf(atRisk, died);
  const rates = Array.from(died.slice(0, ages), (deaths, age) => deaths / atRisk[age]! / (windowTokens / 1e6));
  return { shape: [3, ages], data: Float32Array.from([...atRisk.slice(0, ages), ...died.slice(0, ages), ...rates]) };
}
