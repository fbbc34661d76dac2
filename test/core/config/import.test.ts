import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createProject, defaults } from "./project.ts";

describe("$import", () => {
  const project = createProject();

  it("inherits through chains and lists, later files over earlier ones, and keeps the sources", async () => {
    await project.write("shared/base.yaml", "seed: 1\ntrain: { lr: 1, steps: 10, batch_size: 1 }");
    await project.write("shared/small.json", '{ "$import": "base.yaml", "train": { "lr": 2, "steps": 20 } }');
    await project.write("wide.mjs", "export default { model: { d_mlp: 99 }, seed: 5 };");
    await project.write(".experimentrc", "$import: [shared/small.json, ./wide.mjs]\ntrain: { lr: 3 }");
    const { config, sources } = await project.load();
    expect(config.train).to.include({ lr: 3, steps: 20, batch_size: 1 });
    expect(config.model.d_mlp).to.equal(99);
    expect(config.seed).to.equal(5);
    expect(sources).to.include({
      "train.lr": ".experimentrc",
      "train.steps": "shared/small.json",
      "train.batch_size": "shared/base.yaml",
      "model.d_mlp": "wide.mjs",
    });
  });

  it("works in package.json, and may name one file twice", async () => {
    await project.write("base.yaml", "seed: 7");
    await project.write("package.json", '{ "experiment": { "$import": ["base.yaml", "base.yaml"] } }');
    expect((await project.load()).config.seed).to.equal(7);
  });

  it("takes back an inherited value with null", async () => {
    await project.write("base.yaml", "train: { lr: 1 }\nmodel: { n_layers: 9 }");
    await project.write(".experimentrc", "$import: base.yaml\ntrain: { lr: null }\nmodel:");
    const { config, sources } = await project.load();
    expect(config.train.lr).to.equal(defaults.train.lr);
    expect(config.model.n_layers).to.equal(defaults.model.n_layers);
    expect(sources["train.lr"]).to.equal("default");
  });

  it("finds a plugin's path beside the file that names it", async () => {
    await project.write("shared/base.yaml", "analyzers: [./mine.ts, package-name]");
    await project.write(".experimentrc", "$import: shared/base.yaml\nanalyzers: { ./shared/mine.ts: { every: 3 } }");
    const { analyzers } = (await project.load()).config;
    expect(analyzers).to.deep.equal({ "./shared/mine.ts": { every: 3 }, "package-name": {} });
  });

  it("refuses a circle and shows it", async () => {
    await project.write("a.yaml", "$import: b.yaml");
    await project.write("b.yaml", "$import: ./a.yaml");
    await project.write(".experimentrc", "$import: a.yaml");
    expect(await project.faults()).to.deep.equal([
      "a.yaml: $import: expected no circle, got a.yaml -> b.yaml -> a.yaml. Take one of these imports out.",
    ]);
  });

  it("does not pass over a config whose import is missing", async () => {
    await project.write("base.yaml", "$import: gone.yaml");
    await project.write(".experimentrc", "$import: base.yaml");
    expect(await project.faults()).to.deep.equal([
      "base.yaml: $import: expected a file, got `gone.yaml`, which does not exist.",
    ]);
    await project.write(".experimentrc", "$import: 5");
    expect((await project.faults())[0]).to.equal(
      ".experimentrc: $import: expected a path or a list of paths, got `5`.",
    );
  });

  it("names the imported file in an error", async () => {
    await project.write("base.yaml", "train: { lr: fast }");
    await project.write(".experimentrc", "$import: base.yaml");
    expect(await project.faults()).to.deep.equal(["base.yaml: train.lr: expected a number > 0, got `fast`."]);
  });

  it("says that code in it is run", async () => {
    await project.write("code.mjs", "export default { seed: 5 };");
    await project.write(".experimentrc", "$import: [code.mjs, code.mjs]");
    expect((await project.load()).notes).to.deep.equal([".experimentrc imports code.mjs: code, which was run"]);
  });

  it("stops at files that import each other again and again", async () => {
    for (let i = 0; i < 25; i++) await project.write(`${i}.yaml`, `$import: [${i + 1}.yaml, ${i + 1}.yaml]`);
    await project.write("25.yaml", "seed: 3");
    await project.write(".experimentrc", "$import: 0.yaml");
    const [fault, ...others] = await project.faults();
    expect(fault).to.match(/^24\.yaml: \$import: expected at most 256 imports in all, got more/);
    expect(others).to.deep.equal([]);
  });

  it("waits for no pipe", async function () {
    if (process.platform === "win32") this.skip(); // it has none
    await project.write(".experimentrc", "$import: pipe.yaml");
    execFileSync("mkfifo", [path.join(project.dir, "pipe.yaml")]);
    expect(await project.faults()).to.deep.equal(["pipe.yaml: cannot be read: it is no file but a pipe or a device."]);
    rmSync(path.join(project.dir, ".experimentrc"));
    execFileSync("mkfifo", [path.join(project.dir, ".experimentrc")]);
    expect((await project.faults())[0]).to.include(".experimentrc: cannot be read: it is no file");
  });
});

describe("a config file of more than anybody writes", () => {
  const project = createProject();

  it("is refused in one line: anchors that stand for millions of values, keys by the thousand", async () => {
    const anchors = Array.from({ length: 12 }, (_, i) => {
      return `a${i}: &a${i} [${Array(10)
        .fill(i === 0 ? "x" : `*a${i - 1}`)
        .join(", ")}]`;
    });
    await project.write(".experimentrc", anchors.join("\n"));
    const expected =
      ".experimentrc: expected at most 20000 values (what an anchor stands for counts each time), got more.";
    expect(await project.faults()).to.deep.equal([expected]);
    await project.write(".experimentrc", Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join("\n"));
    expect(await project.faults()).to.deep.equal([expected]);
  });

  it("lists fifty of its faults", async () => {
    await project.write(".experimentrc", Array.from({ length: 300 }, (_, i) => `k${i}: 1`).join("\n"));
    const faults = await project.faults();
    expect(faults).to.have.length(51);
    expect(faults.at(-1)).to.equal("and 250 more faults");
  });
});
