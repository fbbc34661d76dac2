import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { latestCheckpoint } from "../../../core/checkpoint/folder.ts";
import { loadConfig } from "../../../core/config/load.ts";
import type { Run } from "../../../core/contract/run.ts";
import { defineSink, type Row, type Sink, type SinkHost, type SinkInstance } from "../../../core/contract/sink.ts";
import { readRows } from "../../../core/record/reader.ts";
import { readRun } from "../../../core/record/runs.ts";
import { train } from "../../../core/run/train.ts";
import { forkRequests } from "../../../studies/fork.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { lossesOf, trainTiny, withPlugins, writeTiny } from "../../helpers/tiny.ts";

/** A sink that does with its host what the test says. */
function sink(hooks: (host: SinkHost) => Partial<SinkInstance>): Sink {
  return defineSink({
    name: "asking",
    summary: "uses its host",
    options: z.strictObject({}),
    setup: (_, host) => ({ open() {}, write() {}, close() {}, ...hooks(host) }),
  });
}
const changes = { sinks: { json: {}, asking: {} } };

describe("SinkHost", () => {
  const dir = useTempDir();

  /** Stops at the row of step 4. */
  const stopping = (reason: string) =>
    sink(({ stop }) => ({
      write: (rows: readonly Row[]) => {
        if (rows.some(({ step }) => step === 4)) for (const _ of [1, 2]) stop(reason);
      },
    }));

  it("ends the run after the step in hand when a sink asks for it, as safe as Ctrl-C", async () => {
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    const { outcome, dir: runDir, id } = await trainTiny(dir(), { changes, sinks: [stopping("no\nmore")], observer });
    expect(outcome).to.include({ state: "interrupted", reason: "no more" });
    expect(outcome.step).to.be.within(4, 5);
    expect(readRun(runDir).run.attempts.at(-1)?.outcome).to.include({ state: "interrupted", reason: "no more" });
    expect(latestCheckpoint(runDir).latest?.step).to.equal(outcome.step);
    expect((await readRows(runDir)).rows).to.have.length(outcome.step);
    expect(warnings).to.deep.equal(["no more: finishing the step and saving a checkpoint."]);

    const quiet = sink(() => ({}));
    const resumed = await trainTiny(dir(), { changes, sinks: [quiet], resume: id });
    expect(resumed.outcome).to.include({ state: "finished", step: 12 });
    const whole = await trainTiny(join(dir(), "whole"), { changes, sinks: [quiet] });
    expect(await lossesOf(runDir)).to.deep.equal(await lossesOf(whole.dir));
  });

  it("ends a run after its first step when asked before it, and changes nothing after the last", async () => {
    const early = await trainTiny(dir(), { changes, sinks: [sink(({ stop }) => ({ open: () => stop("early") }))] });
    expect(early.outcome).to.include({ state: "interrupted", step: 1, reason: "early" });
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    const late = sink(({ stop }) => ({ close: () => stop("late") }));
    const { outcome } = await trainTiny(join(dir(), "late"), { changes, sinks: [late], observer });
    expect(outcome).to.include({ state: "finished", step: 12 });
    expect(warnings).to.deep.equal([]);
  });

  it("shows progress to the observer, and has charts of this run drawn where the caller draws", async () => {
    const seen: string[] = [];
    const drawn: unknown[] = [];
    const using = sink((host) => ({
      async close() {
        host.progress(3, 12);
        drawn.push(await host.drawCharts?.([]));
      },
    }));
    const observer = { progress: (done: number, total: number) => void seen.push(`${done}/${total}`) };
    await trainTiny(dir(), { changes, sinks: [using], observer });
    expect([seen, drawn]).to.deep.equal([["3/12"], [undefined]]);

    writeTiny(dir(), changes);
    const loaded = await loadConfig({ cwd: dir(), env: {} });
    const asked: string[] = [];
    const drawCharts = async (runDir: string) => {
      asked.push(runDir);
      return [];
    };
    const plugins = withPlugins({ sinks: [using] });
    const { dir: runDir } = await train({ loaded, plugins, drawCharts }, undefined, observer);
    expect([asked, drawn[1]]).to.deep.equal([[runDir], []]);
  });

  it("is given a run that knows what it was forked from, also when the fork is resumed", async () => {
    const runs: Run[] = [];
    const seeing = sink((host) => ({
      open: (run: Run) => {
        runs.push(run);
        if (run.fork !== undefined && run.resumedFrom === undefined) host.stop("half-way");
      },
    }));
    const parent = await trainTiny(dir(), { changes, sinks: [seeing] });
    const options = { root: join(dir(), "runs"), ref: parent.id, at: 8, orders: 1, steps: 3, counterfactuals: [] };
    const [request] = await forkRequests(options, withPlugins({ sinks: [seeing] }));
    const cut = await train(request!);
    expect(cut.outcome.state).to.equal("interrupted");
    await trainTiny(dir(), { changes, sinks: [seeing], resume: cut.id });
    expect(runs.map(({ fork }) => fork)).to.deep.equal([
      undefined,
      { run: parent.id, step: 8, arm: "plain" },
      { run: parent.id, step: 8, arm: "plain" },
    ]);
  });
});
