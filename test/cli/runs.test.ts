import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { runCli } from "../../cli/cli.ts";
import { runsFolder } from "../../cli/runs-folder.ts";
import type { RunFile } from "../../core/record/format.ts";
import { eventLine, rowLine } from "../../core/record/lines.ts";
import { makeRun, runFileOf } from "../helpers/run-file.ts";
import { useTempDir } from "../helpers/temp.ts";

const finished = { state: "finished", step: 300, tokens: 9600, time: 2 } as const;

/** A run with rows up to `steps`, whose metrics follow from `scale`. */
function makeFullRun(root: string, steps: number, scale: number, changes: Partial<RunFile> = {}): string {
  const dir = makeRun(root, changes);
  for (let seq = 0; seq < steps; seq++) {
    const metrics = {
      "train/loss": scale / (seq + 1),
      ...(seq % 2 === 0 && {
        "token_sparsity/use_token/layer_0": scale,
        "token_sparsity/use_token/layer_1": 2 * scale,
      }),
    };
    appendFileSync(join(dir, "rows.jsonl"), rowLine({ seq, step: seq + 1, tokens: seq, time: seq, metrics }));
  }
  return dir;
}

/** What a command line prints, which has to succeed. */
async function printed(root: string, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (text: string) => lines.push(text);
  try {
    const code = await runCli([...args, "--runs", root], () => expect.fail("these commands need no plugins"));
    expect(code).to.equal(0);
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

describe("listCommand", () => {
  const root = useTempDir();

  it("says how to begin where there are no runs", async () => {
    expect(await printed(root(), "list")).to.contain("experiment train");
  });

  it("shows state, steps, loss and engine of every run, oldest first, in plain text", async () => {
    makeFullRun(root(), 4, 2, { id: "b", name: "second", createdAt: 2, attempts: [{ startedAt: 2, fromStep: 0 }] });
    makeFullRun(root(), 2, 2, { id: "a", createdAt: 1, attempts: [{ startedAt: 1, fromStep: 0, outcome: finished }] });
    const lines = (await printed(root(), "list")).split("\n");
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/^id +name +state +steps +loss +age +engine$/);
    expect(lines[1]).to.match(/^a +first +finished +2\/300 +1 +\d+ d +wasm$/);
    expect(lines[2]).to.match(/^b +second +killed +4\/300 +0.5 +\d+ d +wasm$/);
  });

  it("prints the same as JSON", async () => {
    makeFullRun(root(), 1, Number.NaN, { id: "a" });
    const { runs, damaged } = JSON.parse(await printed(root(), "list", "--json"));
    expect(runs[0]).to.include({ id: "a", state: "killed", step: 1, steps: 300, loss: "NaN", dir: join(root(), "a") });
    expect(damaged).to.deep.equal([]);
  });

  it("names damaged runs and hides what hostile names would do to a terminal", async () => {
    makeRun(root(), { id: "a", name: "\u001b[2J\u202eevil\n", engine: { name: "\u001b[31m", device: "" } });
    mkdirSync(join(root(), "x\u001b[31m"));
    writeFileSync(join(root(), "x\u001b[31m", "run.json"), "nope");
    const text = await printed(root(), "list");
    expect(text).to.contain("evil").and.contain("damaged: x:");
    expect(text).to.not.match(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe("showCommand", () => {
  const root = useTempDir();

  it("shows identity, attempts, chosen config, values layer by layer, events and checkpoints", async () => {
    const interrupted = { ...finished, state: "interrupted", step: 2, reason: "SIGINT" } as const;
    const attempts = [{ startedAt: 1, fromStep: 0, outcome: interrupted }];
    const dir = makeFullRun(root(), 4, 0.5, { attempts });
    const event = { source: "neuron-death", kind: "death", step: 1, tokens: 1, time: 1, data: {} };
    writeFileSync(join(dir, "events.jsonl"), eventLine(event).repeat(3));
    for (const step of ["step-000002", "step-000004", "step-000006.partial-ab"]) {
      mkdirSync(join(dir, "checkpoints", step), { recursive: true });
    }
    appendFileSync(join(dir, "rows.jsonl"), "garbage\n");

    const text = await printed(root(), "show", "--all");
    expect(text).to.match(/^first \(20261123-215501-k3f9\)\nstate +interrupted, step 4 of 300\n/);
    expect(text).to.match(/from step 0 +interrupted at step 2 +SIGINT/);
    expect(text)
      .to.match(/train\.steps +300 +flag --set/)
      .and.not.match(/train\.lr/);
    expect(text).to.match(/metric +step +value +layer 0 +layer 1\n/);
    expect(text).to.match(/train\/loss +4 +0\.125\n/);
    expect(text).to.match(/token_sparsity\/use_token +3 +0\.5 +1\n/);
    expect(text).to.match(/neuron-death death +3\n/);
    expect(text).to.contain("checkpoints at step 2, 4").and.contain("damaged lines passed over: 1");
  });

  it("prints the same as JSON", async () => {
    makeFullRun(root(), 3, 1);
    const shown = JSON.parse(await printed(root(), "show", "first", "--json"));
    expect(shown.run).to.deep.equal(runFileOf());
    expect(shown).to.include({ state: "killed", step: 3, damagedLines: 0 });
    expect(shown.values["train/loss"]).to.deep.equal({ value: 1 / 3, step: 3 });
    expect(shown.checkpoints).to.deep.equal([]);
  });

  it("says which rows are missing, as compare does, and nothing of rows that a resume computed again", async () => {
    const outcome = { ...finished, step: 9 };
    const config = { sinks: { json: {} } };
    const cut = { id: "a", config, attempts: [{ startedAt: 1, fromStep: 0, outcome }] };
    const dir = makeFullRun(root(), 8, 1, cut);
    const rows = join(dir, "rows.jsonl");
    const lines = readFileSync(rows, "utf8").split("\n");
    writeFileSync(rows, lines.filter((_, i) => ![0, 3, 4].includes(i)).join("\n"));
    makeFullRun(root(), 6, 1, { id: "b", createdAt: 9, config: { sinks: { json: {} } } });
    appendFileSync(join(root(), "b", "rows.jsonl"), lines.slice(3, 8).join("\n").concat("\n"));
    const told = "rows are missing: 1 between steps 0 and 2, 2 between steps 3 and 6, all after step 8, of 9";
    expect(await printed(root(), "show", "a")).to.include(told);
    expect(JSON.parse(await printed(root(), "show", "a", "--json")).missing).to.equal(told);
    expect(await printed(root(), "show", "b")).to.not.include("missing");
    expect(await printed(root(), "compare", "a", "b"))
      .to.include(`\n\nA: ${told}\n\n`)
      .and.not.include("B: rows");
    const atEnd = "rows are missing: all after step 8, of 9"; // what stands in the last row, without reading the others
    expect(await printed(root(), "list")).to.match(new RegExp(`\na: ${atEnd}$`));
    const { runs } = JSON.parse(await printed(root(), "list", "--json"));
    expect(runs.map(({ missing }: { missing?: string }) => missing)).to.deep.equal([undefined, atEnd]);
  });

  it("shows headline metrics first, and says how many more there are", async () => {
    const metrics = [{ key: "train/loss", description: "Mean loss, nats.", headline: true }];
    makeFullRun(root(), 4, 0.5, { metrics });
    const text = await printed(root(), "show");
    expect(text).to.contain("train/loss").and.not.contain("use_token");
    expect(text).to.match(/\d+ more metrics with --all/);
  });

  it("shows a run that has done nothing yet, and hostile metrics", async () => {
    const dir = makeRun(root());
    expect(await printed(root(), "show")).to.contain("step 0 of 300");
    const metrics = { "evil\u001b[2J\n/layer_9999": 1, __proto__x: 2, "a/layer_99999999999": 3 };
    writeFileSync(join(dir, "rows.jsonl"), rowLine({ seq: 0, step: 1, tokens: 1, time: 1, metrics }));
    expect(await printed(root(), "show", "--all")).to.not.match(/\u001b/);
  });

  it("shows as much as can be read of a run with 150,000 metrics, each of a layer of its own", async function () {
    this.timeout(10_000);
    const dir = makeRun(root());
    for (let seq = 0; seq < 15; seq++) {
      const keys = Array.from({ length: 10_000 }, (_, i) => [`a/k${seq}_${i}/layer_${i}`, 1] as const);
      const metrics = Object.fromEntries(keys);
      appendFileSync(join(dir, "rows.jsonl"), rowLine({ seq, step: seq + 1, tokens: 1, time: 1, metrics }));
    }
    const text = await printed(root(), "show", "--all");
    expect(text).to.include("more than 10000 metrics: those beyond are left out");
    expect(text.length).to.be.below(1e6);
  });
});

describe("compareCommand", () => {
  const root = useTempDir();

  it("shows what was configured differently, and the last values with their difference", async () => {
    makeFullRun(root(), 2, 1, { id: "a", name: "narrow" });
    makeFullRun(root(), 4, 3, { id: "b", name: "wide", config: { train: { lr: 0.01, steps: 300 }, seed: 2 } });
    const text = await printed(root(), "compare", "narrow", "wide");
    expect(text).to.match(/^A: narrow \(a\), killed\nB: wide \(b\), killed\n/);
    expect(text)
      .to.match(/train\.lr +0\.003 +0\.01\n/)
      .and.match(/seed +- +2\n/)
      .and.not.match(/train\.steps/);
    expect(text).to.match(/train\/loss +0\.5 +0\.75 +0\.25 +2 \/ 4\n/);
    expect(text).to.match(/use_token\/layer_1 +2 +6 +4 +1 \/ 3$/);
  });

  it("shows headline metrics first, and says how many more there are", async () => {
    const metrics = [{ key: "train/loss", description: "Mean loss, nats.", headline: true }];
    for (const id of ["a", "b"]) makeFullRun(root(), 2, 1, { id, metrics });
    const text = await printed(root(), "compare", "a", "b");
    expect(text).to.match(/train\/loss +0\.5 +0\.5 +0 +2\n\n2 more values with --all$/);
    expect(await printed(root(), "compare", "a", "b", "--all")).to.contain("use_token/layer_1");
  });

  it("prints the same as JSON, with what only one run has", async () => {
    makeFullRun(root(), 1, 1, { id: "a" });
    makeRun(root(), { id: "b" });
    const { config, values } = JSON.parse(await printed(root(), "compare", "a", "b", "--json"));
    expect(config).to.deep.equal([]);
    expect(values[0]).to.deep.equal({ metric: "train/loss", a: { value: 1, step: 1 } });
  });
});

describe("runsFolder", () => {
  const root = useTempDir();
  it("takes --runs before the config", async () => {
    expect(await runsFolder(root())).to.equal(root());
  });
});
