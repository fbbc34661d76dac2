/** One layer under watch: its units' states, the causes of deaths, the gradient that each unit last got. */
import type { Arrays, NDArray } from "../../../core/ndarray.ts";
import type { AnalyzerMoment } from "../../../core/plugin.ts";
import type { Random } from "../../../core/random.ts";
import { median } from "../../../core/statistics/moments.ts";
import { kaplanMeier } from "../../../core/statistics/survival.ts";
import { createAttribution, type DeathCause, descentsOf, meanParts } from "./attribution.ts";
import { driftParts, type Norm } from "./drift.ts";
import { createLife, type LifeOptions, lifeStates, type Turn, type WindowReport } from "./life.ts";

/** How a layer is watched. */
export interface LayerOptions extends LifeOptions {
  readonly norm: Norm;
  /** Followed units, or undefined for all. */
  readonly followed: Int32Array | undefined;
  /** Steps before the last firing over which a death is explained. */
  readonly reach: number;
  readonly tokensPerSequence: number;
}

/** Weight of the newest gradient in the running mean. */
const gradientWeight = 0.1;
const dominants = ["weights", "decay", "bias", "norm", "upstream"] as const;

/** Starts to watch a layer. */
export function createLayer(layer: number, options: LayerOptions) {
  const { units, tokensPerSequence, reach } = options;
  const life = createLife(options);
  const attribution = createAttribution(options.norm);
  /** Place of each unit among the followed ones; -1 for the others. */
  const place = new Int32Array(units).fill(-1);
  (options.followed ?? Int32Array.from({ length: units }, (_, i) => i)).forEach((unit, k) => {
    place[unit] = k;
  });
  const gradients = new Float32Array(units);
  const diedAt = new Int32Array(units);
  /** Sums over explained deaths; one row a kind of mean, see `deathDrift`. */
  const tallies = {
    totals: new Float64Array(3), // deaths, revivals, windows
    causes: new Float64Array(dominants.length),
    drift: new Float64Array(3 * driftParts.length),
    counts: new Float64Array(2), // explained deaths, controls
    largest: new Float64Array(0),
    largestOfControls: new Float64Array(0),
    kinds: new Float64Array(4), // jump, gradual of deaths; of controls
    gradientRatios: new Float64Array(0),
  };

  function closed(report: WindowReport, at: AnalyzerMoment, random: Random): void {
    tallies.totals[2]!++;
    const deaths = report.turns.filter((turn) => turn.kind === "death");
    const typical = deaths.length === 0 ? Number.NaN : typicalGradient();
    const causes = deaths.map((turn) => explained(turn, at, typical));
    for (const turn of report.turns) if (turn.kind === "revival") revived(turn, at);
    control(deaths, causes, random);
  }

  /** The layer's median among units that fire. */
  function typicalGradient(): number {
    const ofFiring: number[] = [];
    for (let i = 0; i < units; i++) if (life.states[i] === 1 || life.states[i] === 2) ofFiring.push(gradients[i]!);
    return median(ofFiring);
  }

  function explained(turn: Turn, at: AnalyzerMoment, typical: number): DeathCause | undefined {
    tallies.totals[0]!++;
    diedAt[turn.unit] = turn.lastStep;
    const ratio = gradients[turn.unit]! / typical;
    if (Number.isFinite(ratio)) tallies.gradientRatios = Float64Array.of(...tallies.gradientRatios.slice(-999), ratio);
    const followed = place[turn.unit]!;
    const cause = followed < 0 ? undefined : attribution.explain(followed, turn, at.step, reach);
    at.event("death", {
      layer,
      unit: turn.unit,
      last_step: turn.lastStep,
      silent_tokens: turn.silentSequences * tokensPerSequence,
      sequences_before: turn.reference,
      gradient_ratio: ratio,
      ...(cause && {
        dominant: cause.dominant,
        parts: Object.fromEntries(driftParts.map((part, k) => [part, cause.parts[k]])),
        descent: cause.descent.kind,
        largest_step: cause.descent.largestShare,
      }),
    });
    return cause;
  }

  function revived(turn: Turn, at: AnalyzerMoment): void {
    tallies.totals[1]!++;
    diedAt[turn.unit] = 0;
    const silent_tokens = turn.silentSequences * tokensPerSequence;
    at.event("revival", { layer, unit: turn.unit, silent_tokens, last_step: turn.lastStep });
  }

  /** Adds the causes found, and those of matched survivors over the same steps as the median death. */
  function control(deaths: readonly Turn[], found: readonly (DeathCause | undefined)[], random: Random): void {
    const causes = found.filter((cause) => cause !== undefined);
    if (causes.length === 0) return;
    const middle = deaths.toSorted((a, b) => a.lastStep - b.lastStep)[deaths.length >> 1]!;
    const followed = (states: readonly number[]) =>
      Array.from(life.states.keys()).flatMap((i) =>
        states.includes(life.states[i]!) && place[i]! >= 0 ? place[i]! : [],
      );
    const dying = deaths.map((turn) => place[turn.unit]!).filter((k) => k >= 0);
    const controls = attribution.controls(dying, followed([1, 2, 5]), middle, reach, random);
    for (const cause of causes) tallies.causes[dominants.indexOf(cause.dominant)]!++;
    addRow(
      0,
      causes.map((cause) => cause.parts),
    );
    addRow(
      1,
      controls.map((cause) => cause.parts),
    );
    addRow(
      2,
      causes.map((cause) => cause.after),
    );
    tallies.counts[0]! += causes.length;
    tallies.counts[1]! += controls.length;
    const shares = (from: readonly DeathCause[]) =>
      from.map((cause) => cause.descent.largestShare).filter(Number.isFinite);
    tallies.largest = Float64Array.of(...tallies.largest.slice(-4999), ...shares(causes));
    tallies.largestOfControls = Float64Array.of(...tallies.largestOfControls.slice(-4999), ...shares(controls));
    [causes, controls].forEach((from, k) => {
      if (from.length === 0) return;
      tallies.kinds[2 * k]! += descentsOf(from).jump * from.length;
      tallies.kinds[2 * k + 1]! += descentsOf(from).gradual * from.length;
    });
  }

  function addRow(row: number, parts: readonly Float64Array[]): void {
    if (parts.length === 0) return;
    meanParts(parts).forEach((part, k) => {
      tallies.drift[row * driftParts.length + k]! += part * parts.length;
    });
  }

  return {
    life,
    attribution,
    place,
    /** Takes a batch's counts and each unit's gradient norm; says whether a window closed. */
    add: (perSequence: Int32Array, batch: number, norms: Float32Array, at: AnalyzerMoment, random: Random) => {
      for (let i = 0; i < units; i++) {
        const norm = norms[i]!;
        if (norm > 0)
          gradients[i] = gradients[i] === 0 ? norm : gradients[i]! + gradientWeight * (norm - gradients[i]!);
      }
      const reports = life.add(perSequence, batch, at.step);
      for (const report of reports) closed(report, at, random);
      return reports;
    },
    /** Numbers at the close of a window. */
    numbers: (reports: readonly WindowReport[], windowTokens: number) => {
      const last = reports.at(-1)!;
      const states = Object.fromEntries(lifeStates.map((state, k) => [state, last.census[k]! / units]));
      const deaths = last.turns.filter((turn) => turn.kind === "death").length;
      const [died, revived] = tallies.totals as unknown as [number, number];
      const [explainedDeaths, controls] = tallies.counts as unknown as [number, number];
      const { ended, ongoing } = life.spells();
      const rowSum = (row: number) =>
        driftParts.reduce((sum, _, k) => sum + tallies.drift[row * driftParts.length + k]!, 0);
      return {
        ...(states as Record<(typeof lifeStates)[number], number>),
        deaths: died,
        revivals: revived,
        hazard: deaths / last.atRisk / (windowTokens / 1e6),
        revived_share: 1 - kaplanMeier(ended, ongoing).at(-1)!,
        explained_deaths: explainedDeaths,
        ...Object.fromEntries(dominants.map((part, k) => [`dominant_${part}`, tallies.causes[k]! / explainedDeaths])),
        excess_drift: rowSum(0) / explainedDeaths - rowSum(1) / controls,
        largest_step: median(tallies.largest),
        largest_step_survivors: median(tallies.largestOfControls),
        jump_share: tallies.kinds[0]! / explainedDeaths,
        gradual_share: tallies.kinds[1]! / explainedDeaths,
        gradual_share_survivors: tallies.kinds[3]! / controls,
        gradient_before_death: median(tallies.gradientRatios),
      } as Record<string, number>;
    },
    /** Vectors and curves at the close of a window. */
    arrays: (reports: readonly WindowReport[]): Record<string, NDArray> => {
      const { ended, ongoing } = life.spells();
      const longest = Math.max(1, 1 + ended.findLastIndex((n) => n > 0), 1 + ongoing.findLastIndex((n) => n > 0));
      const survival = Float32Array.from(kaplanMeier(ended.slice(0, longest), ongoing.slice(0, longest)));
      const silent = new Float32Array(units);
      for (let i = 0; i < units; i++) silent[i] = life.silentFor(i) * tokensPerSequence;
      const drift = Float32Array.from(tallies.drift, (sum, k) => {
        const row = Math.floor(k / driftParts.length);
        return sum / (row === 1 ? tallies.counts[1]! : tallies.counts[0]!);
      });
      return {
        transitions: { shape: [6, 6], data: Float32Array.from(reports.at(-1)!.transitions) },
        revival_survival: { shape: [survival.length], data: survival },
        state: { shape: [units], data: life.states.slice() },
        silent_tokens: { shape: [units], data: silent },
        death_step: { shape: [units], data: diedAt.slice() },
        death_drift: { shape: [3, driftParts.length], data: drift },
      };
    },
    save: (): Record<string, NDArray> => {
      const own = Object.entries({ gradients, diedAt, ...tallies });
      return {
        ...prefixed("life", life.save()),
        ...prefixed("attribution", attribution.save()),
        ...Object.fromEntries(own.map(([name, data]) => [`own/${name}`, { shape: [data.length], data }])),
      };
    },
    load: (state: Arrays): void => {
      life.load(under("life", state));
      attribution.load(under("attribution", state));
      const own = under("own", state);
      gradients.set(own.gradients?.data ?? []);
      diedAt.set(own.diedAt?.data ?? []);
      for (const name of Object.keys(tallies) as (keyof typeof tallies)[]) {
        tallies[name] = Float64Array.from(own[name]?.data ?? tallies[name]);
      }
    },
  };
}

/** The same arrays with `name/` before their keys, and back. */
export function prefixed(name: string, arrays: Arrays): Record<string, NDArray> {
  return Object.fromEntries(Object.entries(arrays).map(([key, array]) => [`${name}/${key}`, array]));
}
/** The arrays under `name/`, without it. */
export function under(name: string, arrays: Arrays): Record<string, NDArray> {
  const mine = Object.entries(arrays).filter(([key]) => key.startsWith(`${name}/`));
  return Object.fromEntries(mine.map(([key, array]) => [key.slice(name.length + 1), array]));
}
