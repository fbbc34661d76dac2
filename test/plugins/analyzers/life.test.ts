import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import { counts } from "../../../plugins/analyzers/counts.ts";
import { holdingOf, sequencesInWord } from "../../../plugins/analyzers/neuron-death/holding.ts";
import {
  createLife,
  type LifeState,
  lifeStates,
  type WindowReport,
} from "../../../plugins/analyzers/neuron-death/life.ts";

const window = 4;
const options = { units: 8, window, skip: 0, share: 0.05 };

/** Whether each of `sequences` sequences holds each unit, from a rule: `[sequences units]`. */
function stream(sequences: number, units: number, fires: (sequence: number, unit: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: sequences * units }, (_, at) => +fires(Math.floor(at / units), at % units));
}

/** The same as bits, as the probe hands them over. */
function bitsOf(holds: Uint8Array, units: number): Int32Array {
  const batch = holds.length / units;
  const words = new Int32Array(Math.ceil(batch / sequencesInWord) * units);
  holds.forEach((one, at) => {
    const [b, i] = [Math.floor(at / units), at % units];
    words[Math.floor(b / sequencesInWord) * units + i]! |= one << (b % sequencesInWord);
  });
  return words;
}

function names(states: Uint8Array): LifeState[] {
  return Array.from(states, (state) => lifeStates[state]!);
}

describe("holdingOf", () => {
  it("sets a bit for each sequence in which a unit fires, also where sequences fill no whole word", async () => {
    await openBackend("cpu");
    const [batch, pos, units] = [37, 3, 5];
    const random = createRandom(43, "activations");
    const data = Float32Array.from({ length: batch * pos * units }, () => Math.max(0, random.normal() - 0.7));
    const post = tf.tensor3d(data, [batch, pos, units]);
    const perSequence = counts(tf, post).perSequence.dataSync();
    const holding = holdingOf(tf, post);
    expect(holding.shape).to.deep.equal([3, units]);
    expect(holding.dtype).to.equal("int32");
    expect([...holding.dataSync()]).to.deep.equal([
      ...bitsOf(
        Uint8Array.from(perSequence, (c) => +(c > 0)),
        units,
      ),
    ]);
  });
});

describe("life", () => {
  /** Units by what they do in window w: never, always, silent every other window, stop at window 3, stop and come back at 10. */
  const kinds = [
    { units: 10, fires: () => false },
    { units: 100, fires: () => true },
    { units: 100, fires: (w: number) => w % 2 === 0 },
    { units: 200, fires: (w: number) => w < 3 },
    { units: 6, fires: (w: number) => w < 3 || w >= 10 },
  ];
  const kindOf = kinds.flatMap(({ units }, kind) => new Array<number>(units).fill(kind));
  const planted = (windows: number) =>
    stream(windows * window, kindOf.length, (s, i) => kinds[kindOf[i]!]!.fires(Math.floor(s / window)));

  it("calls units dead once they are silent for so long that few come back, and not before that is known", () => {
    const life = createLife({ ...options, units: kindOf.length });
    const until = (windows: number) => {
      const done = life.observed() / window;
      const holds = planted(windows).subarray(done * window * kindOf.length);
      const reports = life.add(bitsOf(holds, kindOf.length), (windows - done) * window, 1);
      return { reports, states: kinds.map((_, kind) => lifeStates[life.states[kindOf.indexOf(kind)]!]!) };
    };
    expect(until(5).states).to.deep.equal(["born_dead", "alive", "alive", "dormant", "dormant"]);
    // Silent for one window: a third come back in the next. Silent for two: none in the next two, as is seen in the seventh.
    expect([until(7).states[3], life.horizon()]).to.deep.equal(["dormant", undefined]);
    const { reports, states } = until(8);
    expect([states[3], life.horizon()]).to.deep.equal(["dead", 2]);
    expect(reports[0]!.turns.filter(({ kind }) => kind === "death")).to.have.length(206);
    const last = until(12);
    expect(last.states).to.deep.equal(["born_dead", "alive", "silent", "dead", "revived"]);
    const revivals = last.reports.flatMap(({ turns }) => turns.filter(({ kind }) => kind === "revival"));
    expect(revivals).to.have.length(6);
    expect(revivals[0]).to.include({ unit: 410, silentSequences: 8 * window });
    const { ended, ongoing } = life.spells();
    expect([...ended.slice(0, 5)]).to.deep.equal([0, 0, 0, 6, 0]);
    expect(ongoing[4]).to.equal(200);
    expect(life.returns()[1]).to.be.closeTo(0, 0.03);
    expect(life.silentFor(kindOf.indexOf(3))).to.equal(9 * window);
  });

  it("calls none where the silent keep coming back: of those silent for d windows one in eight within d, whatever d", () => {
    const random = createRandom(42, "returns");
    let horizons = 0;
    for (let run = 0; run < 60; run++) {
      const units = 300;
      const life = createLife({ units, window: 1, skip: 0, share: 0.05 });
      // P(T >= t) = t^-a with 2^-a = 7/8; a unit falls silent about every fourth window that it fires in.
      const until = new Float64Array(units);
      for (let w = 0; w < 80; w++) {
        const bits = Int32Array.from(until, (end, i) => {
          if (w < end) return 0;
          if (random.next() < 0.25) until[i] = w + Math.ceil((1 - random.next()) ** (1 / Math.log2(7 / 8)));
          return 1;
        });
        life.add(bits, 1, w);
      }
      if (life.horizon() !== undefined) horizons++;
    }
    expect(horizons / 60).to.be.at.most(0.05);
  });

  it("counts transitions, and units at risk and deaths by age from birth or revival on", () => {
    const life = createLife({ ...options, units: kindOf.length });
    const reports = life.add(bitsOf(planted(12), kindOf.length), 12 * window, 1);
    const at = (report: WindowReport, from: LifeState, to: LifeState) =>
      report.transitions[lifeStates.indexOf(from) * 6 + lifeStates.indexOf(to)];
    expect(at(reports[1]!, "alive", "alive")).to.equal(306);
    expect(at(reports[1]!, "alive", "silent")).to.equal(100);
    expect(at(reports[4]!, "silent", "dormant")).to.equal(206);
    expect(at(reports[7]!, "dormant", "dead")).to.equal(206);
    expect(reports[8]!.atRisk).to.equal(200);
    const { died, atRisk } = life.ages();
    // Born in the first window and called dead in the eighth: at age 7.
    expect(Array.from(died).findIndex((count) => count > 0)).to.equal(7);
    expect([atRisk[1], died[7]]).to.deep.equal([406 + 6, 206]);
  });

  it("does not depend on how the stream is cut into batches, nor on a save and load in between", () => {
    const random = createRandom(41, "stream");
    const units = 160;
    const rates = Array.from({ length: units }, () => 0.2 + 0.8 * random.next());
    const stops = rates.map(() => 40 + random.integer(400));
    const all = stream(480, units, (s, i) => s < stops[i]! && random.next() < rates[i]!);
    const outcome = (batch: number, interrupted = false) => {
      let life = createLife({ ...options, units, skip: 64 });
      const turns: object[] = [];
      for (let s = 0; s < 480; s += batch) {
        for (const report of life.add(bitsOf(all.subarray(s * units, (s + batch) * units), units), batch, 0))
          turns.push(...report.turns);
        if (!interrupted) continue;
        const next = createLife({ ...options, units, skip: 64 });
        next.load(life.save());
        life = next;
      }
      return { states: names(life.states), turns };
    };
    const whole = outcome(4);
    expect(whole.turns.filter((turn) => (turn as { kind: string }).kind === "death").length).to.be.above(5);
    for (const batch of [16, 60, 480]) expect(outcome(batch)).to.deep.equal(whole);
    expect(outcome(16, true)).to.deep.equal(whole);
  });
});
