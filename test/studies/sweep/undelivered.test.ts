import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { statusText } from "../../../cli/sweep/status-text.ts";
import { defineSink, type Synced } from "../../../core/contract/sink.ts";
import { statesOf } from "../../../studies/sweep/states.ts";
import { statusOf, todoOf } from "../../../studies/sweep/status.ts";
import { trainPlanned } from "../../../studies/sweep/train-planned.ts";
import { syncRuns } from "../../../studies/sync.ts";
import { tinySweep, writeSweep } from "../../helpers/sweeps.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { withPlugins } from "../../helpers/tiny.ts";

describe("a planned run whose rows did not all arrive", function () {
  this.timeout(60_000);
  const dir = useTempDir();

  it("has finished, and says how they are sent until they are; where they cannot be sent it has failed, also when tried again", async () => {
    writeSweep(dir(), { grid: { seed: [1, 2] } }, { sinks: { json: {}, mail: {}, pipe: {} } });
    let answer: Synced = { state: "partial", message: "the server is away" };
    /** Loses the rows of runs with a seed. */
    const losing = (name: string, seed: number, sync?: () => Promise<Synced>) => {
      let lost = false;
      return defineSink({
        name,
        summary: "",
        options: z.strictObject({}),
        setup: () => ({
          open(run) {
            lost = run.seed === seed;
          },
          write() {
            if (lost) throw new Error("away");
          },
          close() {},
        }),
        ...(sync && { sync }),
      });
    };
    const plugins = withPlugins({ sinks: [losing("mail", 1, async () => answer), losing("pipe", 2)] });
    const sweep = await tinySweep(dir());
    const signal = new AbortController().signal;
    const [one, two] = sweep.runs.map(({ id }) => id);
    const unsent = `rows not delivered: sink mail lost 6 rows, sink mail failed. experiment sync ${one} sends them`;
    expect(await trainPlanned(sweep, 0, { plugins, signal })).to.deep.equal({ state: "finished", reason: unsent });
    const anew = `sink pipe lost 6 rows, sink pipe failed. It can only be trained anew: experiment rm ${two}, then start the sweep`;
    expect(await trainPlanned(sweep, 1, { plugins, signal })).to.deep.equal({ state: "failed", reason: anew });

    const sync = () =>
      syncRuns({ root: join(dir(), "runs"), refs: [one!], plugins }, { info() {}, warn() {}, progress() {} });
    for (const arrives of [false, true]) {
      const status = await statusOf(sweep);
      expect(status.counts).to.include({ finished: 1, failed: 1 });
      expect(status.troubled.map(({ index, reason }) => [index, reason])).to.deep.equal([
        [0, unsent],
        [1, anew],
      ]);
      expect(statusText(status, { plan: "plan.yaml" })).to.include(`\nsend their rows: experiment sync ${one}\n`);
      expect(todoOf(statesOf(sweep), true)).to.deep.equal([1]);
      if (arrives) answer = { state: "complete", message: "all there" };
      await sync();
    }
    expect((await statusOf(sweep)).troubled.map(({ index }) => index)).to.deep.equal([1]);
    expect(await trainPlanned(sweep, 1, { plugins, signal })).to.deep.equal({ state: "failed", reason: anew });
  });
});
