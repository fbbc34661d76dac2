import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunFile } from "../../core/record/format.ts";
import { openHealth } from "../../core/record/health.ts";
import { writeRunFile } from "../../core/record/run-file.ts";
import { drawn } from "../helpers/drawn.ts";
import { useStage } from "../helpers/page.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";

describe("viewer page, health of a run", function () {
  this.timeout(90_000);
  const stage = useStage();

  it("draws what the process took of the machine, and shows what it printed and where it came from", async () => {
    const { root, page, open, shot, troubles } = stage();
    const dir = writeSyntheticRun(root, { seed: 1, name: "a", rows: 60, outcome: "finished" });
    const health = openHealth(dir);
    for (let seq = 0; seq < 60; seq += 5)
      health.sample({
        seq,
        step: seq + 1,
        tokens: 1024 * (seq + 1),
        time: 1e12 + seq * 10_000,
        metrics: {},
        arrays: {},
      });
    health.output({ stream: "stdout", time: 1e12, text: "step 20/60  loss 3.1" });
    health.output({ stream: "stderr", time: 1e12, text: "warning: <b>slow</b>" });
    const run = JSON.parse(readFileSync(join(dir, "run.json"), "utf8")) as RunFile;
    const git = { commit: "0123456789abcdef0123456789abcdef01234567", dirty: true };
    const command = ["experiment", "train", "--set", "name=a b"];
    writeRunFile(dir, { ...run, attempts: run.attempts.map((one) => ({ ...one, git, command })) });
    await open(`#run=${run.id}`);
    await drawn(page, "system-process_memory_mb");
    const log = page.getByRole("region", { name: "Console log" });
    await log.getByText("warning: <b>slow</b>").waitFor();
    const environment = page.getByRole("region", { name: "Environment" });
    await environment.getByText(`${git.commit} and files that differed from it`).waitFor();
    await environment.getByText("experiment train --set 'name=a b'").waitFor();
    await log.evaluate((element) => element.scrollIntoView({ block: "nearest" }));
    await shot("health");
    expect(troubles).to.deep.equal([]);
  });

  it("says so where a run has no console log", async () => {
    const { root, page, open } = stage();
    writeFileSync(join(writeSyntheticRun(root, { id: "old", rows: 5 }), "console.jsonl"), "");
    await open("#run=old");
    await page.getByText("No console log").waitFor();
  });
});
