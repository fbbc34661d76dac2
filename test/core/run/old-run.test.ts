import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { readRows } from "../../../core/record/reader.ts";
import { resumeRequest } from "../../../core/run/request.ts";
import { train } from "../../../core/run/train.ts";
import { builtIns } from "../../../plugins/index.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { writeTiny } from "../../helpers/tiny.ts";

/** A run that reluscope 0.1.0 trained for 20 steps, on the cpu engine, and that was killed then. */
const fixture = fileURLToPath(new URL("../../fixtures/run-0.1.0", import.meta.url));

describe("a run directory of 0.1.0", () => {
  const dir = useTempDir();

  it("is resumed, with the options that it recorded, once it is accepted that this version holds out other text", async () => {
    writeTiny(dir());
    const run = join(dir(), "runs", "old");
    cpSync(fixture, run, { recursive: true });
    const file = join(run, "run.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll("FOLDER", dir()));
    const stop = new AbortController();
    const observer = { step: ({ step }: { step: number }) => (step === 22 ? stop.abort("enough") : undefined) };
    const request = (acceptChangedCorpus: boolean) =>
      resumeRequest(join(dir(), "runs"), "old", builtIns, { acceptChangedCorpus, trust: true });
    const refused = await rejectedBy(train(await request(false)));
    expect(refused.code).to.equal("data.changed");
    expect(refused.message).to.contain("`npx reluscope@0.1.0 resume ");
    const { outcome } = await train(await request(true), stop.signal, observer);
    expect(outcome.state).to.equal("interrupted");
    const { rows } = await readRows(run);
    expect(rows.map(({ step }) => step)).to.deep.equal(Array.from({ length: outcome.step }, (_, i) => i + 1));
    const losses = rows.map(({ metrics }) => metrics["train/loss"]!);
    expect(losses[20]).closeTo(losses[19]!, 0.3);
  });
});
