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
});
