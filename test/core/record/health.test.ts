import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openHealth, readConsole } from "../../../core/record/health.ts";
import { parseRow } from "../../../core/record/lines.ts";
import { useTempDir } from "../../helpers/temp.ts";

const row = (seq: number, time: number) => ({ seq, step: seq + 1, tokens: 32, time, metrics: {}, arrays: {} });
const linesOf = (path: string) => readFileSync(path, "utf8").trim().split("\n");

describe("openHealth", () => {
  const dir = useTempDir();

  it("takes a sample every ten seconds of rows' time, under the row's step", () => {
    const health = openHealth(dir());
    for (let seq = 0; seq < 26; seq++) health.sample(row(seq, seq * 1000));
    const rows = linesOf(join(dir(), "system.jsonl")).map(parseRow);
    expect(rows.map((one) => one?.step)).to.deep.equal([11, 21]);
    expect(rows[0]?.metrics["system/process_memory_mb"]).to.be.within(20, 100_000);
  });

  it("keeps what was printed, and gives it back", () => {
    const health = openHealth(dir());
    health.output({ stream: "stdout", time: 1, text: "step 1" });
    health.output({ stream: "stderr", time: 2, text: "warning: a\nb" });
    writeFileSync(join(dir(), "console.jsonl"), `${readFileSync(join(dir(), "console.jsonl"))}{"time":3,\n`);
    expect(readConsole(dir())).to.deep.equal([
      { time: 1, stream: "stdout", text: "step 1" },
      { time: 2, stream: "stderr", text: "warning: a\nb" },
    ]);
  });

  it("stays small: old samples grow sparse, old lines of the console are let go", () => {
    const sample = (i: number) => `{"seq":${i},"step":${i + 1},"tokens":1,"time":${i},"metrics":{}}\n`;
    const printed = (i: number) => `{"time":${i},"stream":"stdout","text":"${"x".repeat(200)}"}\n`;
    const many = (line: (i: number) => string, count: number) =>
      Array.from({ length: count }, (_, i) => line(i)).join("");
    writeFileSync(join(dir(), "system.jsonl"), many(sample, 20_000));
    writeFileSync(join(dir(), "console.jsonl"), many(printed, 10_000));
    const health = openHealth(dir());
    health.sample(row(20_000, 0));
    health.sample(row(20_001, 20_000));
    health.output({ stream: "stdout", time: 10_000, text: "last" });
    const rows = linesOf(join(dir(), "system.jsonl")).map(parseRow);
    expect(rows).to.have.length(10_001);
    expect([rows[0]?.seq, rows[1]?.seq, rows.at(-1)?.seq]).to.deep.equal([0, 2, 20_001]);
    expect(lstatSync(join(dir(), "console.jsonl")).size).to.be.below(1.3e6);
    expect(readConsole(dir()).at(-1)?.text).to.equal("last");
  });

  it("writes through no link", () => {
    const outside = join(dir(), "outside");
    writeFileSync(outside, "mine\n");
    const run = join(dir(), "run");
    mkdirSync(run);
    symlinkSync(outside, join(run, "console.jsonl"));
    expect(() => openHealth(run).output({ stream: "stdout", time: 1, text: "a" })).to.throw("console.jsonl");
    expect(readFileSync(outside, "utf8")).to.equal("mine\n");
    expect(readConsole(run)).to.deep.equal([]);
  });
});
