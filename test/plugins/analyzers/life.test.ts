import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import {
  createLife,
  type LifeState,
  lifeStates,
  type WindowReport,
} from "../../../plugins/analyzers/neuron-death/life.ts";

const options = { units: 8, window: 32, skip: 0, alpha: 0.01, grace: 1 };

/** Counts of `sequences` sequences from a rule. */
function stream(sequences: number, units: number, fires: (sequence: number, unit: number) => boolean): Int32Array {
  return Int32Array.from({ length: sequences * units }, (_, at) => (fires(Math.floor(at / units), at % units) ? 3 : 0));
}

function names(states: Uint8Array): LifeState[] {
  return Array.from(states, (state) => lifeStates[state]!);
}

describe("life", () => {
  it("names the state of every planted unit", () => {
    const fires = [
      () => false, // never
      () => true, // always
      (s: number) => s % 16 === 5, // twice a window
      (s: number) => s < 160, // stops for good
      (s: number) => s < 160 || s >= 272, // stops and comes back
      (s: number) => s < 300 && s % 16 === 5, // stops being rare: nothing can be said
      (s: number) => s < 160 || s === 290, // stops; one stray firing does not revive it
      (s: number) => s < 300, // has only just stopped
    ];
    const life = createLife(options);
    const reports = life.add(
      stream(320, 8, (s, i) => fires[i]!(s)),
      320,
      1,
    );
    expect(names(life.states)).to.deep.equal([
      "born_dead",
      "alive",
      "rare",
      "dead",
      "revived",
      "rare",
      "dead",
      "alive",
    ]);
    expect(reports).to.have.length(10);
    const turns = reports.flatMap(({ turns }, window) => turns.map(({ kind, unit }) => [window, kind, unit]));
    expect(turns).to.deep.equal([
      [6, "death", 3],
      [6, "death", 4],
      [6, "death", 6],
      [8, "revival", 4],
    ]);
    expect(life.silentFor(3)).to.equal(160);
    const { ended, ongoing } = life.spells();
    expect([...ended.slice(0, 4)]).to.deep.equal([0, 0, 1, 0]);
    expect([...ongoing.slice(0, 4)]).to.deep.equal([0, 0, 0, 2]);
  });

  it("counts transitions between windows", () => {
    const life = createLife({ ...options, units: 2 });
    const reports = life.add(
      stream(96, 2, (s, i) => i === 0 || s < 37),
      96,
      1,
    );
    const at = (report: WindowReport, from: LifeState, to: LifeState) =>
      report.transitions[lifeStates.indexOf(from) * 6 + lifeStates.indexOf(to)];
    expect(at(reports[1]!, "alive", "alive")).to.equal(1);
    expect(at(reports[1]!, "alive", "rare")).to.equal(1);
    expect(at(reports[2]!, "rare", "silent")).to.equal(1);
    expect(reports[2]!.atRisk).to.equal(2);
  });

  it("counts units at risk and deaths by age, from birth or revival on", () => {
    // Unit 0 lives from the first window on; unit 1 is born two windows later; unit 2 dies and comes back.
    const fires = [() => true, (s: number) => s >= 64, (s: number) => s < 64 || s >= 192];
    const life = createLife({ ...options, units: 3 });
    const reports = life.add(
      stream(288, 3, (s, i) => fires[i]!(s)),
      288,
      1,
    );
    expect(reports.flatMap(({ turns }) => turns.map(({ kind }) => kind))).to.deep.equal(["death", "revival"]);
    const { atRisk, died } = life.ages();
    // Nine windows. Unit 0 is at risk in the last eight, at ages 1 to 8; unit 1 at ages 1 to 6; unit 2 at 1, 2, 3 until its
    // death is called in the fourth window, and at 1 and 2 after its revival in the seventh.
    expect([...died.slice(0, 6)]).to.deep.equal([0, 0, 0, 1, 0, 0]);
    expect([...atRisk.slice(0, 9)]).to.deep.equal([0, 4, 4, 3, 2, 2, 2, 1, 1]);
  });

  it("does not depend on how the stream is cut into batches, nor on a save and load in between", () => {
    const random = createRandom(41, "stream");
    const rates = Array.from({ length: 30 }, () => random.next() ** 3);
    const stops = rates.map(() => 200 + random.integer(600));
    const all = stream(960, 30, (s, i) => s < stops[i]! && random.next() < rates[i]!);
    const outcome = (batch: number, interrupted = false) => {
      let life = createLife({ ...options, units: 30, skip: 64 });
      const turns: object[] = [];
      for (let s = 0; s < 960; s += batch) {
        for (const report of life.add(all.subarray(s * 30, (s + batch) * 30), batch, 0)) turns.push(...report.turns);
        if (!interrupted) continue;
        const next = createLife({ ...options, units: 30, skip: 64 });
        next.load(life.save());
        life = next;
      }
      return { states: names(life.states), turns };
    };
    const whole = outcome(4);
    expect(whole.turns.length).to.be.greaterThan(5);
    for (const batch of [16, 64, 960]) expect(outcome(batch)).to.deep.equal(whole);
    expect(outcome(16, true)).to.deep.equal(whole);
  });

  it("raises false alarms in at most alpha of the windows of units that never change", () => {
    // Rates that are hardest: about as many sequences a window as the test needs. With alpha 0.5 shared by 16 units.
    const random = createRandom(42, "alarms");
    let [windows, alarms] = [0, 0];
    for (let run = 0; run < 400; run++) {
      const life = createLife({ units: 16, window: 16, skip: 0, alpha: 0.5, grace: 0 });
      const rates = Array.from({ length: 16 }, () => 0.02 + 0.2 * random.next());
      for (const report of life.add(
        stream(16 * 8, 16, (_, i) => random.next() < rates[i]!),
        16 * 8,
        1,
      )) {
        windows++;
        if (report.turns.some(({ kind }) => kind === "death")) alarms++;
      }
    }
    expect(alarms / windows).to.be.at.most(0.5);
    expect(alarms).to.be.greaterThan(0); // the test is not vacuous
  });
});
