import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { globSync } from "tinyglobby";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { writeTiny } from "../helpers/tiny.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** As a user writes them: types must flow through the package's declarations. */
const analyzer = `
import { type Analyzer, defineAnalyzer, z } from "reluscope";
export const mine: Analyzer = defineAnalyzer({
  name: "mine", summary: "a user's", options: z.strictObject({ scale: z.number().default(2) }),
  sites: ["mlp_post"], metrics: { mean: "Mean." },
  setup: ({ scale }) => ({
    probe: ({ mlp_post }) => ({ mean: mlp_post.map((h) => h.mean()) }),
    analyze: ({ mean }) => ({ mean: mean.map(({ data }) => scale * data[0]!) }),
  }),
});
`;
const program = `
import { type Config, loadConfig, type TrainResult, train } from "reluscope";
import { type Firings, mergeFirings } from "reluscope/firings";
import { builtIns } from "reluscope/plugins";
import { checkAnalyzer } from "reluscope/testing";
import { mine } from "./mine.ts";
const loaded = await loadConfig({ cwd: process.cwd(), env: {} });
const config: Config = loaded.config;
const result: TrainResult = await train({ loaded, plugins: builtIns });
// @ts-expect-error: the declarations are not \`any\`
const wrong: number = result.dir;
await checkAnalyzer(mine);
const merge: (fragments: readonly Firings[]) => Firings = mergeFirings;
if (typeof merge !== "function") throw new Error("no mergeFirings");
console.log(JSON.stringify({ steps: config.train.steps, state: result.outcome.state, mean: result.last["mine/mean/layer_1"] }));
`;

describe("the package", function () {
  this.timeout(90_000);
  let folder = "";
  let installed = "";

  before("is packed and installed elsewhere, with the declared dependencies and no other", async () => {
    folder = tempFolder();
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
    await run("tar", ["xzf", tarball], { cwd: folder });
    installed = join(folder, "node_modules", "reluscope");
    mkdirSync(dirname(installed));
    cpSync(join(folder, "package"), installed, { recursive: true });
    rmSync(join(folder, "package"), { recursive: true });
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) link(name);
    link("@types/node");
  });
  after(removeTempFolders);

  function link(name: string): void {
    const [from, to] = [join(root, "node_modules", name), join(folder, "node_modules", name)];
    if (!existsSync(from)) return;
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(from, to);
  }

  it("holds what is built, docs, examples and the contract: no other sources, tests, maps or paths of this machine", () => {
    const files = globSync(["**/*"], { cwd: installed, dot: true });
    expect(files).to.include.members(["package.json", "README.md", "dist/cli/main.js", "dist/core/index.d.ts"]);
    expect(files.filter((file) => /(^|\/)(test|bench|scripts|node_modules|runs)\//.test(file))).to.deep.equal([]);
    expect(files).to.include.members([
      "docs/run-format.md",
      "core/contract/analyzer.ts",
      "examples/first-run/.experimentrc",
    ]);
    const others = files.filter((file) => !/^(examples|core\/contract)\//.test(file));
    expect(others.filter((file) => /(?<!\.d)\.ts$|\.test\.|\.tgz$|\.map$/.test(file))).to.deep.equal([]);
    const size = files.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);
    expect(size).to.be.lessThan(8e6);
    for (const file of files) {
      expect(readFileSync(join(installed, file), "utf8").includes(root), `${file} names ${root}`).to.equal(false);
    }
  });

  it("has everything that package.json promises", () => {
    const promised = [manifest.types, manifest.bin.experiment, ...Object.values(manifest.exports).flatMap(pathsOf)];
    for (const path of promised) expect(existsSync(join(installed, path)), path).to.equal(true);
    expect(readFileSync(join(installed, manifest.bin.experiment), "utf8")).to.match(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(join(installed, manifest.bin.experiment)).mode & 0o111).to.not.equal(0);
  });

  it("runs as a command, with a TypeScript plugin that imports it, in a package without a type", async () => {
    const cwd = join(folder, "command");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "package.json"), "{}");
    writeFileSync(join(cwd, "mine.ts"), analyzer);
    writeTiny(cwd, { analyzers: { "./mine.ts": { scale: 3 } } });
    const bin = join(installed, manifest.bin.experiment);
    const { stdout, stderr } = await run(process.execPath, [bin, "train", "--json"], { cwd });
    expect(JSON.parse(stdout).last).to.have.property("mine/mean/layer_0");
    expect(stderr).to.not.match(/warning/i);
  });

  it("runs plugins that others publish, from npm pack and npm install, and from a folder that is linked", async () => {
    const plugin = join(folder, "plugin");
    mkdirSync(plugin);
    const entry = `import { defineAnalyzer, z } from "reluscope";
      export const mine = defineAnalyzer({ name: "mine", summary: "a stranger's", options: z.strictObject({}),
        sites: ["mlp_post"], metrics: { mean: "Mean." },
        setup: () => ({ probe: ({ mlp_post }) => ({ mean: mlp_post.map((h) => h.mean()) }),
          analyze: ({ mean }) => ({ mean: mean.map(({ data }) => data[0]) }) }) });`;
    writeFileSync(join(plugin, "my-analyzer.js"), entry);
    const { version } = manifest;
    const published = { name: "reluscope-mine", version: "1.0.0", type: "module", exports: "./my-analyzer.js" };
    const peers = { keywords: ["reluscope-plugin"], peerDependencies: { reluscope: `^${version}` } };
    writeFileSync(join(plugin, "package.json"), JSON.stringify({ ...published, ...peers }));
    await run("npm", ["pack", "--pack-destination", folder], { cwd: plugin });
    const bin = join(installed, manifest.bin.experiment);
    for (const source of [join(folder, "reluscope-mine-1.0.0.tgz"), plugin]) {
      const cwd = tempFolder();
      writeFileSync(join(cwd, "package.json"), "{}");
      mkdirSync(join(cwd, "node_modules"));
      symlinkSync(installed, join(cwd, "node_modules", "reluscope"));
      await run("npm", ["install", "--offline", "--no-audit", "--legacy-peer-deps", "--no-save", source], { cwd });
      writeTiny(cwd, { analyzers: { "reluscope-mine": {} } });
      const { stdout } = await run(process.execPath, [bin, "train", "--json"], { cwd });
      expect(JSON.parse(stdout).last).to.have.property("mine/mean/layer_0");
    }
  });

  it("is imported by a program, with types", async () => {
    const cwd = join(folder, "program");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "package.json"), '{ "type": "module" }');
    writeFileSync(join(cwd, "mine.ts"), analyzer);
    writeFileSync(join(cwd, "main.ts"), program);
    writeTiny(cwd, { analyzers: { "./mine.ts": {} } });
    const options = {
      module: "nodenext",
      target: "es2023",
      strict: true,
      noUncheckedIndexedAccess: true,
      rewriteRelativeImportExtensions: true,
      skipLibCheck: true,
      types: ["node"],
      outDir: "out",
    };
    writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["main.ts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const checked = await run(process.execPath, [tsc, "-p", cwd]).catch((error: { stdout: string }) => error);
    expect(checked.stdout).to.equal("");
    const { stdout } = await run(process.execPath, ["out/main.js"], { cwd });
    expect(JSON.parse(stdout)).to.deep.include({ steps: 12, state: "finished" });
    expect(JSON.parse(stdout).mean).to.be.greaterThan(0);
  });
});

function pathsOf(target: unknown): string[] {
  return typeof target === "string" ? [target] : Object.values(target as Record<string, string>);
}
