import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { serverSchedule, type Verdict } from "../../../helpers/server-schedule.ts";
import { useTempDir } from "../../../helpers/temp.ts";

/** Schedules in tests of 25, each of which must end with nothing lost, doubled or untrue. */
function schedules(count: number, forgetting: boolean, dir: () => string): Verdict[] {
  const verdicts: Verdict[] = [];
  for (let block = 0; block < count; block += 25) {
    it(`leave the server, after a sync, with rows.jsonl row by row and the true end: seeds ${block} to ${block + 24}`, async () => {
      for (let seed = block; seed < block + 25; seed++) {
        const folder = join(dir(), String(seed));
        mkdirSync(folder);
        const verdict = await serverSchedule(folder, seed, { forgetting });
        const { lost, doubled, untrue } = verdict;
        expect({ lost, doubled, untrue }, `seed ${seed}`).to.deep.equal({ lost: [], doubled: 0, untrue: [] });
        verdicts.push(verdict);
      }
    });
  }
  return verdicts;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe("200 seeded schedules of faults and SIGKILLs", () => {
  const verdicts = schedules(200, false, useTempDir());

  it("had kills among them, and servers that were well again only at the end", () => {
    expect(sum(verdicts.map(({ kills }) => kills))).to.be.above(150);
    expect(verdicts.filter(({ early }) => early).length).to.be.within(50, 199);
  });
});

describe("100 seeded schedules with a server that also loses what it took", () => {
  const verdicts = schedules(100, true, useTempDir());

  it("had losses among them, syncs that could not and said so, and syncs that could", () => {
    expect(sum(verdicts.map(({ forgotten }) => forgotten))).to.be.above(500);
    expect(sum(verdicts.map(({ refused }) => refused))).to.be.above(50);
    expect(verdicts.filter(({ early }) => early).length).to.be.above(25);
  });
});
