import { expect } from "chai";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { readRun } from "../../core/record/runs.ts";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

describe("experiment train, sent a signal", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  for (const signal of ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGXCPU", "SIGTERM", "SIGINT"] as const) {
    it(`${signal} finishes the step, saves a checkpoint and exits with 130`, async () => {
      const train = { steps: 1_000_000, batch_size: 4, warmup_steps: 3, lr: 3e-3 };
      writeTiny(dir(), { train, analyzers: {}, checkpoint: { every: 0 } });
      const { code, stderr } = await command(["train"], {
        cwd: dir(),
        started: (child) => {
          // Once the first steps are reported it is training. One signal: a second SIGINT would leave at once.
          let sent = false;
          child.stderr?.on("data", (text: string) => {
            if (!sent && /^step /m.test(text)) sent = child.kill(signal);
          });
        },
      });
      expect(code, stderr).to.equal(130);
      expect(stderr).to.contain(`${signal}: finishing the step and saving a checkpoint`).and.not.contain("Debugger");
      const run = onlyRun(dir());
      const outcome = readRun(run).run.attempts.at(-1)?.outcome;
      expect(outcome).to.include({ state: "interrupted", reason: signal });
      expect(listCheckpoints(run).map(({ step }) => step)).to.deep.equal([outcome?.step]);
    });
  }
});
