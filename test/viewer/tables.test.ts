import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openArraysWriter } from "../../core/record/arrays.ts";
import { readArrayTable } from "../../viewer/tables.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("readArrayTable", () => {
  const dir = useTempDir();
  const wanted = (key: string) => key.startsWith("neuron_death/");
  const vector = (value: number) => ({ shape: [2], data: Float32Array.of(value, value) });

  it("takes for the last step the last one that has any of the wanted arrays", async () => {
    const files = openArraysWriter(dir());
    files.write(10, { "neuron_death/state": vector(1) });
    files.write(32, { "neuron_death/state": vector(2), "token_sparsity/rank": vector(0) });
    files.write(40, { "token_sparsity/rank": vector(0) });
    writeFileSync(join(dir(), "rows.jsonl"), '{"seq":39,"step":40,"tokens":40,"time":1,"metrics":{}}\n');
    const stepsOf = async (steps: "all" | "last" | "first-and-last") =>
      (await readArrayTable(dir(), wanted, steps)).slices.map(({ step }) => step);
    expect(await stepsOf("last")).to.deep.equal([32]);
    expect(await stepsOf("first-and-last")).to.deep.equal([10, 32]);
    expect(await stepsOf("all")).to.deep.equal([10, 32]);
    expect((await readArrayTable(dir(), () => false, "last")).slices).to.be.empty;
  });
});
