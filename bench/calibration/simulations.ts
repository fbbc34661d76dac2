/** False alarms of tests on simulated data with a known truth. */
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { createLife } from "../../plugins/analyzers/neuron-death/life.ts";
import { randomWalk } from "../../plugins/analyzers/neuron-death/random-walk.ts";
import { createEventLog } from "../../statistics/event-study.ts";
import { signFlipTogether } from "../../statistics/seeds.ts";
import { layerOverlap } from "../../studies/overlap.ts";
import type { Row } from "./tables.ts";

/** All of them, `sets` data sets each. */
export function simulatedRows(sets: number): Row[] {
  const rows: readonly (readonly [string, (random: Random) => boolean])[] = [
    ["deaths follow spikes, p <= .05; neither changes over time", (random) => events(random, Infinity)],
    ["deaths follow spikes, p <= .05; both thin out over training", (random) => events(random, 400)],
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
