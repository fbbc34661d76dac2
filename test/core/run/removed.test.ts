import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Run } from "../../../core/contract/run.ts";
import { readRows } from "../../../core/record/reader.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { trainTiny } from "../../helpers/tiny.ts";

describe("what is removed while it is trained", () => {
  const dir = useTempDir();

  /** Takes something away after step 5 of 12. */
  const trainWithout = (path: (run: Run) => string, warnings: string[] = []) => {
    let run: Run;
    return trainTiny(dir(), {
      observer: {
        started: (started) => {
          run = started;
        },
        step: ({ step }) => step === 5 && rmSync(path(run), { recursive: true }),
        warning: (message) => void warnings.push(message),
      },
    });
  };

  it("the rows: said at the next one, with how many were lost; the others are kept, and the run counts as failed", async () => {
    const warnings: string[] = [];
    const result = await trainWithout((run) => join(run.dir, "rows.jsonl"), warnings);
    expect(result.lostRows.json).to.equal(5);
    expect(result.failedPlugins).to.deep.equal(["sink json"]);
    expect(warnings[0]).to.match(/^sink json: write failed: .*rows\.jsonl: it was removed or cut short/);
    expect(warnings.slice(1)).to.deep.equal(["sink json: 5 rows were lost."]);
    const { rows } = await readRows(result.dir);
    expect(rows.map(({ step }) => step)).to.deep.equal([6, 7, 8, 9, 10, 11, 12]);
  });

  it("all runs: ends with an error at the next step, and nothing is made anew", async () => {
    const error = await rejectedBy(trainWithout((run) => dirname(run.dir)));
    expect(error.code).to.equal("run.taken");
    expect(error.message).to.include("or the whole directory");
    expect(error.exitCode).to.equal(1);
  });
});
