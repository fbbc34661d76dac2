import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { FakeWandb } from "../helpers/fake-wandb.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

/** A run that somebody else made, with an offline W&B log, lies in this user's folder of runs. */
describe("a run directory from a stranger", function () {
  this.timeout(120_000);
  const key = "k".repeat(40);
  const stranger = { XDG_STATE_HOME: "" };
  let made = "";
  let home = "";
  let run = "";

  before(async () => {
    made = tempFolder();
    stranger.XDG_STATE_HOME = tempFolder();
    writeTiny(made, { sinks: { json: {}, wandb: { mode: "offline" } }, checkpoint: { every: 4, keep_last: 3 } });
    const trained = await command(["train"], { cwd: made, env: stranger });
    expect(trained.code, trained.stderr).to.equal(0);
  });
  after(removeTempFolders);

  beforeEach(() => {
    home = tempFolder();
    writeTiny(home, { sinks: { json: {} } });
    run = join(home, "runs", "20260101-000000-evil");
    cpSync(onlyRun(made), run, { recursive: true, verbatimSymlinks: true });
    editRun((file) => Object.assign(file, { id: "20260101-000000-evil" }));
  });

  interface Written {
    baseDir: string;
    config: { sinks: object; analyzers: object; data: { corpus: object }; runs: string };
    attempts: { outcome?: object }[];
  }
  function editRun(change: (file: Written) => void): void {
    const path = join(run, "run.json");
    const file = JSON.parse(readFileSync(path, "utf8")) as Written;
    change(file);
    writeFileSync(path, JSON.stringify(file));
  }
  const here = (args: string[], env = {}) => command(args, { cwd: home, env: { HOME: home, ...env } });
  const logFolder = () => join(run, "wandb", readdirSync(join(run, "wandb")).find((name) => name.startsWith("off"))!);

  it("runs none of the code that it names, whatever the command", async () => {
    writeFileSync(
      join(run, "x.mjs"),
      `import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(join(home, "RAN"))}, "");`,
    );
    editRun((file) => {
      const code = { "./runs/20260101-000000-evil/x.mjs": {} };
      Object.assign(file.config, { sinks: code, analyzers: code });
      file.config.data.corpus = code;
      for (const attempt of file.attempts) delete attempt.outcome;
    });
    for (const args of [
      "resume ID",
      "fork ID --at 8 --orders 1 --steps 1",
      "prune ID --tokens 64",
      "sync",
      "list",
      "show ID",
    ]) {
      const done = await here(args.replace("ID", "latest").split(" "));
      expect(existsSync(join(home, "RAN")), args).to.equal(false);
      if (/^(list|show)/.test(args)) continue;
      expect([done.code, done.stderr + done.stdout], args).to.satisfy(
        ([code, text]: [number, string]) => code > 0 && text.includes("x.mjs") && text.includes("--trust"),
      );
    }
  });

  it("gets no key for an address of its own, until the user names it or says --trust", async () => {
    const server = new FakeWandb();
    const address = await server.listen();
    editRun((file) => Object.assign(file.config, { sinks: { wandb: { mode: "offline", base_url: address } } }));
    const refused = await here(["sync"], { WANDB_API_KEY: key });
    expect(refused.code).to.equal(1);
    expect(refused.stdout).to.include(`sinks.wandb.base_url: an address: \`${address}\``).and.include("--trust");
    expect(server.runs.size).to.equal(0);

    writeTiny(home, { sinks: { json: {}, wandb: { base_url: address } } });
    const named = await here(["sync"], { WANDB_API_KEY: key });
    expect([named.code, named.stdout.includes("all 12 rows are at")], named.stdout).to.deep.equal([0, true]);
    writeTiny(home, {});
    rmSync(join(run, "wandb"), { recursive: true });
    cpSync(join(onlyRun(made), "wandb"), join(run, "wandb"), { recursive: true, verbatimSymlinks: true });
    const trusted = await here(["sync", "--trust"], { WANDB_API_KEY: key });
    expect(trusted.code, trusted.stdout).to.equal(0);
    await server.close();
  });

  it("sends nothing to a project that its log alone names", async () => {
    const server = new FakeWandb();
    const env = { WANDB_API_KEY: key, WANDB_BASE_URL: await server.listen(), WANDB_PROJECT: "mine" };
    const done = await here(["sync"], env);
    expect([done.code, server.runs.size]).to.deep.equal([1, 0]);
    expect(done.stdout).to.include("its log is for reluscope, your own settings say mine");
    await server.close();
  });

  it("has no file outside of it written, read or uploaded through its pointer and its links", async () => {
    const server = new FakeWandb();
    const env = { WANDB_API_KEY: key, WANDB_BASE_URL: await server.listen() };
    const thesis = join(home, "thesis.wandb");
    writeFileSync(thesis, "my thesis, only copy");
    writeFileSync(join(run, "wandb.json"), JSON.stringify({ log: "../../thesis.wandb", id: "x" }));
    const pointed = await here(["sync"], env);
    expect([pointed.code, readFileSync(thesis, "utf8")]).to.deep.equal([1, "my thesis, only copy"]);
    expect(pointed.stdout).to.include("its W&B log is elsewhere").and.include("WANDB_DIR=");

    rmSync(join(run, "rows.jsonl"));
    symlinkSync(thesis, join(run, "rows.jsonl"));
    expect((await here(["list"])).stdout).to.include("leads out of the directory");
    const resumed = await here(["resume", "20260101-000000-evil", "--trust"]);
    expect([resumed.code, readFileSync(thesis, "utf8")]).to.deep.equal([1, "my thesis, only copy"]);
    await server.close();
  });

  it("has its links left out of what is uploaded", async () => {
    const server = new FakeWandb();
    const env = { WANDB_API_KEY: key, WANDB_BASE_URL: await server.listen() };
    writeFileSync(join(home, "id_rsa"), "PRIVATE");
    const entries = readdirSync(join(logFolder(), "files", "media"), { recursive: true, withFileTypes: true });
    const { parentPath, name } = entries.find((entry) => entry.isFile())!;
    const path = join(parentPath, name);
    rmSync(path);
    symlinkSync(join(home, "id_rsa"), path);
    const done = await here(["sync"], env);
    expect(done.stdout).to.include("Left out").and.include(name);
    expect(JSON.stringify([...server.runs.values()])).to.not.include("PRIVATE");
    await server.close();
  });

  it("is resumed in the user's own folders with their own words, and is theirs from then on", async () => {
    editRun((file) => {
      file.baseDir = "/nowhere";
      file.config.runs = "/nowhere/runs";
      for (const attempt of file.attempts) delete attempt.outcome;
    });
    rmSync(join(run, "checkpoints", "step-000012"), { recursive: true });
    const done = await here(["resume", "latest"]);
    expect(done.code, done.stderr).to.equal(0);
    const file = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    expect([file.baseDir, typeof file.seal]).to.deep.equal([home, "string"]);
  });

  it("asks nothing of the one who made it", async () => {
    const own = tempFolder();
    mkdirSync(join(own, "else"));
    writeTiny(join(own, "else"));
    writeTiny(own, {});
    const flags = ["--set", `data.corpus.text.files=${join(own, "else", "corpus", "*.txt")}`, "--set", "train.until=8"];
    const trained = await command(["train", ...flags], { cwd: own });
    expect(trained.code, trained.stderr).to.equal(0);
    const forked = await command(["fork", "latest", "--orders", "1", "--steps", "1"], { cwd: own });
    expect(forked.code, forked.stderr).to.equal(0);
  });
});
