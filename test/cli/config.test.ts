import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("experiment config", () => {
  const tempFolder = useTempDir();
  const project = (rc: string) => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "package.json"), "{}");
    writeFileSync(join(cwd, ".experimentrc"), rc);
    return cwd;
  };

  it("prints every value with its source in columns, plugins' own defaults too", async () => {
    const cwd = project("train: { steps: 7 }\nanalyzers: [batch-union-sparsity]");
    const env = { RELUSCOPE_SEED: "3" };
    const { code, stdout, stderr } = await command(["config", "--lr", "0.5"], { cwd, env });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).to.match(/^key +value +source \(\.experimentrc\)$/);
    expect(new Set(lines.map((line) => line.search(/\S+( \S+)?$/) > 0 && line.split(/ {2,}/).length))).to.deep.equal(
      new Set([3]),
    );
    const rows = lines.map((line) => line.split(/ {2,}/));
    expect(rows).to.deep.include(["train.lr", "0.5", "flag --lr"]);
    expect(rows).to.deep.include(["train.steps", "7", ".experimentrc"]);
    expect(rows).to.deep.include(["seed", "3", "RELUSCOPE_SEED"]);
    expect(rows).to.deep.include(["model.activation", "relu", "default"]);
    expect(rows).to.deep.include(["analyzers.batch-union-sparsity.window", "4", "default"]);
  });

  it("prints JSON for other programs, from a subfolder too", async () => {
    const cwd = project("seed: 4");
    mkdirSync(join(cwd, "sub"));
    const { stdout } = await command(["config", "--json"], { cwd: join(cwd, "sub") });
    const { file, baseDir, config, sources } = JSON.parse(stdout);
    expect({ file, baseDir }).to.deep.equal({ file: join(cwd, ".experimentrc"), baseDir: cwd });
    expect(config.seed).to.equal(4);
    expect(sources.seed).to.equal(".experimentrc");
  });

  it("prints no secret, in text, JSON or errors", async () => {
    const own = `export const own = { kind: "sink", name: "own", summary: "", setup: () => ({}),
      options: { safeParse: (data) => ({ success: true, data }) } };`;
    const cwd = project("sinks: { ./own.mjs: { api_key: s3cret } }");
    writeFileSync(join(cwd, "own.mjs"), own);
    for (const args of [["config"], ["config", "--json"], ["config", "--set", "sinks.json.password=s3cret"]]) {
      const { stdout, stderr } = await command(args, { cwd });
      expect(stdout + stderr).to.match(/\[secret\]|password/);
      expect(stdout + stderr).not.to.include("s3cret");
    }
  });

  it("lists every fault, of plugins too, and exits with 2", async () => {
    const cwd = project("analyzers: { token-sparsty: {}, batch-union-sparsity: { windw: 1 } }");
    const { code, stdout, stderr } = await command(["config"], { cwd });
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: "" });
    const [first, second] = stderr.split("\n");
    expect(first).to.match(
      /^experiment: \.experimentrc: analyzers\.token-sparsty: unknown analyzer `token-sparsty`\. Did you mean `token-sparsity`\?/,
    );
    expect(second).to.equal(
      ".experimentrc: analyzers.batch-union-sparsity: unknown key `windw`. Did you mean `window`?",
    );
  });

  it("names the flag when the command line alone chose a plugin that does not exist", async () => {
    const { stderr } = await command(["config", "--set", "analyzers.mine=true"], { cwd: project("") });
    expect(stderr).to.match(/^experiment: --set: analyzers\.mine: unknown analyzer/);
  });

  it("takes a flag without a value for bad usage, and a broken package.json for a broken config", async () => {
    const cwd = project("");
    const flag = await command(["config", "--lr"], { cwd });
    expect(flag).to.include({
      code: 2,
      stderr: "experiment: Not enough arguments following: lr. See `experiment --help`.\n",
    });
    expect((await command(["config", "--lr", "-1"], { cwd })).stderr).to.match(
      /^experiment: --lr: train\.lr: expected/,
    );
    writeFileSync(join(cwd, "package.json"), '{\n  "name": [\n}');
    const manifest = await command(["config"], { cwd });
    expect(manifest.code).to.equal(2);
    expect(manifest.stderr).to.match(/^experiment: package\.json:3:1: cannot be read: [^\n]+\n$/);
  });

  it("prints the JSON Schema with the options of built-in plugins", async () => {
    const { stdout } = await command(["config", "--schema"], { cwd: project("") });
    const options = JSON.parse(stdout).properties.analyzers.anyOf[0].properties["batch-union-sparsity"].anyOf[0];
    expect(options.properties).to.include.all.keys("every", "window");
    const built = readFileSync(new URL("../../dist/experimentrc.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(built));
  });
});

describe("experiment init", () => {
  const tempFolder = useTempDir();

  it("writes a config that holds all defaults, and says what to do next", async () => {
    const cwd = tempFolder();
    const { code, stdout } = await command(["init"], { cwd });
    expect(code).to.equal(0);
    expect(stdout).to.include("experiment train");
    const config = async (...args: string[]) => {
      return JSON.parse((await command(["config", "--json", ...args], { cwd })).stdout).config;
    };
    writeFileSync(join(cwd, "empty.yaml"), "");
    expect(await config()).to.deep.equal(await config("--config", "empty.yaml"));
    const [, schema] = /\$schema=(.*)/.exec(readFileSync(join(cwd, ".experimentrc"), "utf8")) ?? [];
    expect(JSON.parse(readFileSync(schema ?? "", "utf8")).title).to.equal(".experimentrc");
  });

  it("leaves a config that is there alone, unless forced", async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "experiment.config.mjs"), "export default {};");
    const refused = await command(["init"], { cwd });
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.equal(
      "experiment: experiment.config.mjs is here already. Edit it, or take it away first.\n",
    );
    expect((await command(["init", "--force"], { cwd })).code, "two of them").to.equal(2);
    rmSync(join(cwd, "experiment.config.mjs"));
    expect((await command(["init"], { cwd })).code).to.equal(0);
    expect((await command(["init"], { cwd })).stderr).to.match(/^experiment: \.experimentrc is here already/);
    expect((await command(["init", "--force"], { cwd })).code).to.equal(0);
  });
});
