import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { pluginKinds } from "../../core/contract/plugin.ts";
import { thisProcess } from "../../core/record/process-identity.ts";
import { command } from "../helpers/command.ts";
import { makeRun } from "../helpers/run-file.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("experiment", function () {
  this.timeout(60_000);
  const dir = useTempDir();

  /** What a command line loads, as paths below node_modules or the package. */
  async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
    const coverage = join(dir(), "coverage");
    rmSync(coverage, { recursive: true, force: true });
    await command(args, { cwd: dir(), env: { NODE_V8_COVERAGE: coverage } });
    const reports = readdirSync(coverage).map((name) => JSON.parse(readFileSync(join(coverage, name), "utf8")));
    return reports.flatMap(({ result }: { result: { url: string }[] }) => result.map(({ url }) => url));
  }

  const heavy = /@tensorflow|onnxruntime|@wandb|tiktoken|cosmiconfig|\/zod\/|datasets-sotu|\/tsx\/|\/dist\/plugins\//;

  for (const args of [["--help"], ["train", "--help"], ["--version"], ["no-such-command"]]) {
    it(`${args.join(" ")} loads the parser and nothing else`, async () => {
      const loaded = await loadedBy(args);
      expect(loaded.filter((url) => url.includes("/yargs/"))).to.not.be.empty;
      expect(loaded.filter((url) => heavy.test(url))).to.deep.equal([]);
    });
  }

  it("list and init load no tensor library", async () => {
    for (const args of [["list"], ["init"]]) {
      const loaded = await loadedBy(args);
      expect(
        loaded.filter((url) => /@tensorflow|onnxruntime/.test(url)),
        args[0],
      ).to.deep.equal([]);
    }
  });

  it("--help names every command, and each command has a help of its own", async () => {
    const { code, stdout } = await command(["--help"], { cwd: dir() });
    expect(code).to.equal(0);
    const commands = [...stdout.matchAll(/^ {2}experiment (\w+)/gm)].map(([, name]) => name!);
    expect(commands).to.include.members(["train", "resume", "list", "show", "plugins", "config", "init", "doctor"]);
    for (const name of new Set(commands)) {
      const help = await command([name, "--help"], { cwd: dir() });
      expect(help.code, name).to.equal(0);
      expect(help.stdout, name).to.match(new RegExp(`^experiment ${name}`));
      expect(help.stderr, name).to.equal("");
    }
    expect(readdirSync(dir()), "help writes nothing").to.deep.equal([]);
  });

  for (const [args, hint] of [
    [["trian"], "train"],
    [["train", "--setp", "3"], "setp"],
    [["train", "--lr"], "lr"],
    [["show"], "run"],
    [[], "Name a command"],
    [["show", "latest"], "There are no runs yet"],
    [["resume", "nothing"], "no run `nothing`"],
    [["plugins", "token-sparsty"], "Did you mean `token-sparsity`?"],
    [["fork", "x", "--steps", "1.5"], "--steps: expected a whole number >= 1, got `1.5`."],
    [["fork", "x", "--orders=-1"], "--orders: expected a whole number >= 1, got `-1`."],
    [["prune", "x", "--tokens", "abc"], "--tokens: expected a whole number >= 1, got `abc`."],
    [["tokenize", "sotu", "-o", "x.txt"], "--output: expected a file that ends with .bin, got `x.txt`."],
    [["view", "--port", "70000"], "--port: expected a whole number from 0 to 65535, got `70000`."],
  ] as const) {
    it(`${args.join(" ") || "without a command"} exits with 2 and one line that helps`, async () => {
      const { code, stdout, stderr } = await command(args, { cwd: dir() });
      expect(code).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr)
        .to.match(/^experiment: [^\n]+\n$/)
        .and.to.include(hint);
    });
  }

  it("train refuses to hold what there is not, after saying that no config file was found", async () => {
    const { code, stderr } = await command(["train", "--set", "train.hold=[blocks.0.mpl]"], { cwd: dir() });
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /^no config file here: the defaults hold.*\nexperiment: train\.hold: .*Did you mean `blocks\.0\.mlp`\?\n$/,
    );
  });

  it("--version is its own, whatever package it is called in", async () => {
    writeFileSync(join(dir(), "package.json"), '{ "name": "host", "version": "9.9.9" }');
    const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect((await command(["--version"], { cwd: dir() })).stdout.trim()).to.equal(own.version);
  });

  it("plugins lists all built in, and tells options, metrics and charts of one", async () => {
    const { stdout } = await command(["plugins"], { cwd: dir() });
    for (const name of ["token-sparsity", "batch-union-sparsity", "json", "memory", "sotu", "tokens"]) {
      expect(stdout).to.match(new RegExp(`^ *${name} +\\w`, "m"));
    }
    const one = await command(["plugins", "token-sparsity"], { cwd: dir() });
    expect(one.stdout).to.include("token_sparsity/use_token").and.to.include("every (integer, default 10)");
    const all = JSON.parse((await command(["plugins", "--json"], { cwd: dir() })).stdout);
    for (const { kind, name, summary, options } of all) {
      expect(kind).to.be.oneOf(Object.keys(pluginKinds));
      expect(name).to.match(/^[a-z0-9-]+$/);
      expect(summary, name).to.match(/^.{10,160}$/);
      for (const option of options) expect(option.description, `${name}.${option.name}`).to.not.equal("");
    }
  });

  it("doctor tells which engines are there, which one `auto` takes, and what killed runs have left", async () => {
    const outcome = { state: "finished", step: 300, tokens: 9600, time: 2 } as const;
    const run = makeRun(join(dir(), "runs"), { attempts: [{ startedAt: 1, fromStep: 0, outcome }] });
    writeFileSync(join(run, "lock.json"), JSON.stringify({ ...thisProcess(), pid: 2 ** 30, since: 1, nonce: "a" }));
    writeFileSync(join(run, "run.json.17.partial"), "{");
    const { code, stdout } = await command(["doctor", "--json"], { cwd: dir() });
    expect(code).to.equal(0);
    const { engines, providers, chosen, cores, memory, disk, debris } = JSON.parse(stdout);
    expect(debris).to.deep.equal(["lock.json", "run.json.17.partial"].map((name) => join(basename(run), name)));
    expect(providers.map(({ name }: { name: string }) => name)).to.deep.equal([
      "cpu",
      "cuda",
      "webgpu",
      "coreml",
      "dml",
    ]);
    expect(providers[0].usable).to.equal(true);
    for (const { usable, why } of providers)
      expect(usable || /does not start here|not part of this build/.test(why)).to.equal(true);
    expect(engines.map(({ name }: { name: string }) => name)).to.include.members(["onnx", "wasm", "cpu", "tensorflow"]);
    expect(engines.filter((engine: { chosen: boolean }) => engine.chosen)).to.have.length(1);
    expect(engines.find((engine: { chosen: boolean }) => engine.chosen).name).to.equal(chosen);
    expect([cores, memory.totalGiB, disk.freeGiB].every((value) => value > 0)).to.equal(true);
    const text = await command(["doctor"], { cwd: dir() });
    expect(text.code).to.equal(0);
    expect(text.stdout).to.match(new RegExp(`^ *\\* +${chosen} `, "m"));
    expect(text.stdout).to.match(/^left over from work that was cut off.*\n.*\/lock\.json$/m);
  });

  it("prints an error's stack only with --debug", async () => {
    const plain = await command(["show", "nothing"], { cwd: dir() });
    expect(plain.stderr).to.not.match(/^ +at /m);
    const debug = await command(["show", "nothing", "--debug"], { cwd: dir() });
    expect(debug.stderr).to.match(/^ +at /m);
  });
});
