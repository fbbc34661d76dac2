import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readEvents } from "../../../core/record/reader.ts";
import { readRunFile } from "../../../core/record/run-file.ts";
import { openStoredRun } from "../../../core/run/open.ts";
import { type ResumeOptions, resumeRequest } from "../../../core/run/request.ts";
import { train } from "../../../core/run/train.ts";
import { forkRequests } from "../../../studies/fork.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { trainTiny, weightsHash, withPlugins } from "../../helpers/tiny.ts";

const plugins = withPlugins({});

describe("a run that goes on", () => {
  const dir = useTempDir();

  const stopped = async (changes: object = {}): Promise<string> => {
    const train = { steps: 12, until: 8, batch_size: 4, warmup_steps: 3, lr: 3e-3 };
    return (await trainTiny(dir(), { changes: { train, analyzers: {}, ...changes } })).dir;
  };
  const resume = async (options: ResumeOptions, warnings: string[] = []) => {
    const request = await resumeRequest(join(dir(), "runs"), "latest", plugins, { steps: 12, ...options });
    return train(request, undefined, { warning: (message) => void warnings.push(message) });
  };
  const editCorpus = () => {
    rmSync(join(dir(), "corpus", "3.txt"));
    writeFileSync(
      join(dir(), "corpus", "4.txt"),
      "entirely other words stand here now, in place of those from before. ".repeat(9),
    );
  };

  it("is refused where its data has changed, with what has, and left as it was", async () => {
    const run = await stopped();
    const before = readFileSync(join(run, "run.json"), "utf8");
    editCorpus();
    const { code, message } = await rejectedBy(resume({}));
    expect(code).to.equal("data.changed");
    expect(message).to.match(
      /files `10` -> `9`, documents `10` -> `9`, tokens `\d+` -> `\d+`.*--accept-changed-corpus/,
    );
    const fork = { root: join(dir(), "runs"), ref: "latest", orders: 1, steps: 2, counterfactuals: [] };
    const [request] = await forkRequests(fork, plugins);
    expect((await rejectedBy(train(request!))).code).to.equal("data.changed");
    expect((await rejectedBy(openStoredRun(run, plugins))).code).to.equal("data.changed");
    expect(readFileSync(join(run, "run.json"), "utf8")).to.equal(before);
  });

  it("goes on all the same where that is accepted, and has it on record", async () => {
    const run = await stopped();
    const { corpus } = readRunFile(run);
    editCorpus();
    const warnings: string[] = [];
    const { outcome } = await resume({ acceptChangedCorpus: true }, warnings);
    expect(outcome).to.include({ state: "finished", step: 12 });
    expect(warnings[0]).to.match(/^the data is not what the run has on record \(files, documents, tokens/);
    const change = (await readEvents(run)).events.find(({ kind }) => kind === "corpus-change");
    expect(change?.data.was).to.deep.equal(corpus);
    expect(change?.step).to.equal(8);
    expect(readRunFile(run).corpus.files).to.equal(9);
  });

  it("never goes on with another vocabulary", async () => {
    await stopped({ data: { corpus: { text: { files: ["corpus/*.txt"] } }, tokenizer: "gpt2" } });
    editCorpus();
    const { code, message } = await rejectedBy(resume({ acceptChangedCorpus: true }));
    expect(code).to.equal("data.changed");
    expect(message).to.contain("other tokens than it was trained on").and.not.contain("--accept");
  });

  it("refuses a run whose split another version made, and names the version that can", async () => {
    const run = await stopped();
    const file = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    delete file.corpus.split_sha256;
    file.versions.reluscope = "0.1.0";
    writeFileSync(join(run, "run.json"), JSON.stringify(file));
    const { message } = await rejectedBy(resume({}));
    expect(message).to.match(/reluscope 0\.1\.0 held out other text.*`npx reluscope@0\.1\.0 resume /);
    expect((await resume({ acceptChangedCorpus: true })).outcome.state).to.equal("finished");
  });

  it("finds its data beside it when its project has moved, or where --set says", async () => {
    const run = await stopped();
    const moved = `${dir()}-moved`;
    renameSync(dir(), moved);
    try {
      const request = await resumeRequest(join(moved, "runs"), "latest", plugins, { steps: 12 });
      expect(request.loaded.baseDir).to.equal(moved);
      renameSync(join(moved, "corpus"), join(moved, "texts"));
      const set = ["data.corpus.text.files=texts/*.txt"];
      const there = await resumeRequest(join(moved, "runs"), "latest", plugins, { steps: 12, set });
      const { outcome, dir: runDir } = await train(there);
      expect(outcome.state).to.equal("finished");
      expect(readRunFile(runDir)).to.deep.include({ baseDir: moved });
      expect(runDir).not.to.equal(run);
    } finally {
      renameSync(moved, dir());
    }
  });

  it("goes past `until` and past its end, with the weights of a run that never stopped", async () => {
    const run = await stopped();
    await resume({});
    const whole = await trainTiny(join(dir(), "whole"), { changes: { analyzers: {} } });
    expect(weightsHash(run)).to.equal(weightsHash(whole.dir));
    const { outcome } = await resume({ steps: 14 });
    expect(outcome).to.include({ state: "finished", step: 14 });
    expect((await rejectedBy(resume({ steps: 14 }))).message).to.match(/expected more than the 14 steps/);
  });

  it("takes a change of what may change, on record as event and history, and refuses others by name", async () => {
    const run = await stopped();
    await resume({ set: ["train.lr=1e-3"] });
    const { config, changes } = readRunFile(run);
    expect((config.train as { lr: number }).lr).to.equal(1e-3);
    expect(changes?.map(({ step, keyPath, from, to }) => [step, keyPath, from, to])).to.deep.include([
      8,
      "train.lr",
      3e-3,
      1e-3,
    ]);
    const { events } = await readEvents(run);
    const change = events.find(({ kind, data }) => kind === "config-change" && data.keyPath === "train.lr");
    expect(change?.data).to.deep.equal({ keyPath: "train.lr", from: 3e-3, to: 1e-3 });
    for (const key of [
      "model.d_mlp",
      "seed",
      "data.split_seed",
      "train.batch_size",
      "analyzers.token-sparsity.every",
    ]) {
      const { code, message } = await rejectedBy(resume({ steps: 20, set: [`${key}=7`] }));
      expect([code, message.startsWith(`--set ${key}: a resumed run keeps it`)], key).to.deep.equal(["usage", true]);
    }
  });
});
