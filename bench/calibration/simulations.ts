/** False alarms of tests on simulated data with a known truth. */
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { trend } from "../../plugins/analyzers/layer-contrast/inversion.ts";
import { createLife } from "../../plugins/analyzers/neuron-death/life.ts";
import { randomWalk } from "../../plugins/analyzers/neuron-death/random-walk.ts";
import { createEventLog } from "../../statistics/event-study.ts";
import { signFlipTogether } from "../../statistics/seeds.ts";
import { slopeOf } from "../../statistics/trend.ts";
import { layerOverlap } from "../../studies/overlap.ts";
import type { Row } from "./tables.ts";

/** All of them, `sets` data sets each. */
export function simulatedRows(sets: number): Row[] {
  const rows: readonly (readonly [string, (random: Random) => boolean])[] = [
    ["deaths follow spikes, p <= .05; neither changes over time", (random) => events(random, Infinity)],
    ["deaths follow spikes, p <= .05; both thin out over training", (random) => events(random, 400)],
    ["a trend of three statistics is called, noise correlated .5 between neighbours", (random) => trends(random, 0.5)],
    ["any of nine claims over 8 seeds", nineClaims],
    ["overlap of forks beyond frequency, z > 1.645", forks],
    ["directedness, p <= .05; units move by themselves and together", walk],
    ["a horizon of death, 13 % of the silent returning at every length", returns],
  ];
  return rows.map(([what, alarm]) => {
    const random = createRandom(5, what);
    let alarms = 0;
    for (let k = 0; k < sets; k++) if (alarm(random)) alarms++;
    return { what, sets, share: alarms / sets };
  });
}

function events(random: Random, thinning: number): boolean {
  const log = createEventLog(10);
  for (let s = 1; s <= 1200; s++) {
    const weight = Math.exp(-s / thinning);
    if (random.next() < 0.03 * weight) log.spike(s);
    let product = random.next();
    while (product > Math.exp(-weight)) {
      log.event(s);
      product *= random.next();
    }
  }
  return log.result().p <= 0.05;
}

/** Statistics of two layers over 40 analyses that go nowhere. */
function trends(random: Random, rho: number): boolean {
  const times = Array.from({ length: 40 }, (_, i) => Math.log(20_000 * (i + 1)));
  const verdicts = Array.from({ length: 3 }, () =>
    trend(times, stationary(random, times.length, rho), stationary(random, times.length, rho), 0.05 / 3),
  );
  return verdicts.some((verdict) => verdict !== "undecided");
}

/** Coverage of slopes against log tokens, the truth being 0. */
export function slopeRows(sets: number): Row[] {
  return [20, 60].flatMap((points) =>
    [0, 0.5, 0.7].map((rho) => {
      const random = createRandom(6, `slope ${points} ${rho}`);
      const times = Array.from({ length: points }, (_, i) => Math.log(20_000 * (i + 1)));
      const found = Array.from({ length: sets }, () => slopeOf(times, stationary(random, points, rho)));
      const share = found.filter(({ low, high }) => low <= 0 && high >= 0).length / sets;
      const what = `slope of a trend over ${points} analyses, noise correlated ${rho} between neighbours (simulated)`;
      return { what, sets, share };
    }),
  );
}

/** Noise whose correlation between neighbours is `rho`. */
function stationary(random: Random, points: number, rho: number): number[] {
  let value = random.normal() / Math.sqrt(1 - rho ** 2);
  return Array.from({ length: points }, () => {
    value = rho * value + random.normal();
    return value;
  });
}

function nineClaims(random: Random): boolean {
  const bySeed = Array.from({ length: 8 }, () => {
    const common = random.normal();
    return Array.from({ length: 9 }, () => 0.7 * common + 0.7 * random.normal());
  });
  return signFlipTogether(bySeed).some((p) => p < 0.05);
}

function forks(random: Random): boolean {
  const before = Int32Array.from({ length: 400 }, () => Math.ceil(Math.exp(7 * random.next())));
  const later = () => before.map((count) => (random.next() < 1 / (1 + count / 3) ? 0 : count));
  return layerOverlap(0, before, [later(), later(), later()]).overlap.z > 1.645;
}

function walk(random: Random): boolean {
  let zmax = new Float32Array(300).map(() => 0.5 + random.next());
  const looks = Array.from({ length: 17 }, (_, s) => {
    const common = random.normal();
    if (s > 0) zmax = zmax.map((margin) => margin + 0.1 * common + 0.1 * random.normal());
    return { zmax, zmean: zmax, active: Int32Array.from(zmax, (margin) => 50 * margin) };
  });
  return randomWalk(looks, random, 99).p <= 0.05;
}

function returns(random: Random): boolean {
  const units = 300;
  const life = createLife({ units, window: 1, skip: 0, share: 0.05 });
  const until = new Float64Array(units);
  for (let w = 0; w < 80; w++) {
    const bits = Int32Array.from(until, (end, i) => {
      if (w < end) return 0;
      if (random.next() < 0.25) until[i] = w + Math.ceil((1 - random.next()) ** (1 / Math.log2(7 / 8)));
      return 1;
    });
    life.add(bits, 1, w);
  }
  return life.horizon() !== undefined;
}
