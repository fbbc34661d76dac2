import { expect } from "chai";
import { latestCheckpoint } from "../../../core/checkpoint/folder.ts";
import { readRows } from "../../../core/record/reader.ts";
import { readRun } from "../../../core/record/runs.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { onlyRun, tinyConfig, trainTiny } from "../../helpers/tiny.ts";

describe("a loss that is not finite", () => {
  const dir = useTempDir();
  const train = { ...tinyConfig.train, lr: 1e4 };

  it("ends the run, on record, with the step, what was last seen, and the checkpoint that is kept", async () => {
    const error = await rejectedBy(trainTiny(dir(), { changes: { train, checkpoint: { every: 2, keep_last: 2 } } }));
    expect(error.code).to.equal("train.diverged");
    expect(error.exitCode).to.equal(1);

    const { dir: runDir, run, state } = readRun(onlyRun(dir()));
    const { rows } = await readRows(runDir);
    const [before, last] = rows.slice(-2);
    expect(last!.metrics["train/loss"]).to.be.NaN;
    expect(error.message).to.include(`step ${last!.step}: the loss is NaN`);
    expect(error.message).to.include(`the last finite loss was ${before!.metrics["train/loss"]}`);

    const kept = latestCheckpoint(runDir).latest!;
    expect(kept.step).to.be.lessThan(last!.step);
    expect(error.message).to.include(`checkpoint ${kept.path.split("/").at(-1)} is kept`);
    expect(state).to.equal("failed");
    expect(run.attempts.at(-1)?.outcome).to.deep.include({ step: last!.step, reason: error.message });
  });

  it("comes again, at the same step and in the same words, when the run is resumed as it is", async () => {
    const first = await rejectedBy(trainTiny(dir(), { changes: { train } }));
    const again = await rejectedBy(trainTiny(dir(), { resume: "latest" }));
    expect(again.message).to.equal(first.message);
    const { rows } = await readRows(onlyRun(dir()));
    expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, i) => i));
  });

  it("leaves no checkpoint of weights that have overflown after a loss that was finite", async () => {
    // lr * weight_decay is beyond float32, so that the first update leaves infinities behind.
    const overflowing = { ...train, lr: 3e38, warmup_steps: 0, weight_decay: 3 };
    const error = await rejectedBy(trainTiny(dir(), { changes: { train: overflowing, checkpoint: { every: 1 } } }));
    expect(error.code).to.equal("train.diverged");
    expect(error.message).to.match(/^step 1: its update left values in .* not finite; .*there is no checkpoint from/);
    expect(latestCheckpoint(onlyRun(dir())).latest).to.equal(undefined);
  });
});
