import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { openArrays } from "../../core/record/arrays.ts";
import { readRows } from "../../core/record/reader.ts";
import { command } from "../helpers/command.ts";
import { killAfterRows } from "../helpers/killed.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

const fixture = join(import.meta.dirname, "../fixtures/models/gpt_neox");
const steps = [0, 1, 2, 4, 8, 16, 32, 64];

describe("an observed run that is killed", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  /** A folder with a history and a config that looks at it. */
  function prepared(name: string): string {
    const folder = join(dir(), name);
    writeTiny(folder, {
      model: { n_ctx: 16 },
      analyzers: { "token-sparsity": {}, "neuron-death": { window_tokens: 64, frozen_sequences: 2 } },
      observe: { paths: ["history"], sequences: 4, threshold: { quantile: 0.6 } },
    });
    for (const step of steps) cpSync(fixture, join(folder, "history", `step${step}`), { recursive: true });
    return folder;
  }

  /** All that is on record of the looks, without what the clock decides. */
  async function record(folder: string) {
    const run = onlyRun(folder);
    const { rows } = await readRows(run);
    const timeless = rows.map(({ time: _, metrics: { "look/ms": __, ...metrics }, ...row }) => ({ ...row, metrics }));
    const stored = openArrays(run);
    const arrays = stored.steps.map((step) => [step, stored.read(step)]);
    return { rows: timeless, arrays };
  }

  it("goes on to the same rows and arrays, after SIGKILL at 4 random looks", async () => {
    const whole = prepared("whole");
    const first = await command(["observe"], { cwd: whole });
    expect(first.code, first.stderr).to.equal(0);

    const cut = prepared("cut");
    const random = createRandom(4, "kills");
    let args = ["observe"];
    for (let kills = 0; kills < 4; kills++) {
      const more = random.integer(3); // 0: between its first sign and its first row
      const ended = await command(args, { cwd: cut, started: (child) => killAfterRows(child, cut, more) });
      expect(ended.signal, `${kills} kills, then ${ended.stderr}`).to.equal("SIGKILL");
      args = ["resume", "latest"];
    }
    const last = await command(args, { cwd: cut });
    expect(last.code, last.stderr).to.equal(0);
    const { rows } = await record(whole);
    expect(rows.map(({ step }) => step)).to.deep.equal(steps);
    expect(await record(cut)).to.deep.equal(await record(whole));
  });
});
