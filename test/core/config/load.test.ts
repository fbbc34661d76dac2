import path from "node:path";
import { expect } from "chai";
import { createProject, defaults } from "./project.ts";

describe("loadConfig", () => {
  const project = createProject();

  it("gives every key its default when there is no file", async () => {
    const { config, sources, file, baseDir } = await project.load();
    expect(file).to.equal(undefined);
    expect(baseDir).to.equal(project.dir);
    expect(config).to.deep.equal(defaults);
    expect(new Set(Object.values(sources))).to.deep.equal(new Set(["default"]));
  });

  it("takes flags over environment over file over defaults, and says which", async () => {
    await project.write(".experimentrc", "train: { lr: 1, steps: 2, batch_size: 3 }\n");
    const { config, sources } = await project.load({
      env: { EXPERIMENT_TRAIN__LR: "10", EXPERIMENT_TRAIN__STEPS: "20" },
      flags: { set: ["train.lr=1e-3"], short: { "model.n_ctx": "8" } },
    });
    expect(config.train).to.include({ lr: 1e-3, steps: 20, batch_size: 3, accumulate: 1 });
    expect(sources).to.include({
      "train.lr": "flag --set",
      "train.steps": "EXPERIMENT_TRAIN__STEPS",
      "train.batch_size": ".experimentrc",
      "train.accumulate": "default",
      "model.n_ctx": "flag --n-ctx",
    });
  });

  it("names a source for the leaves of the config and for who chose a plugin, and for nothing else", async () => {
    await project.write(".experimentrc", "sinks: [json, console]\nanalyzers: { ./a.ts: { deep: { x: [1, 2] } } }");
    const { sources } = await project.load();
    expect(sources).to.include({
      "sinks.json": ".experimentrc",
      "sinks.console": ".experimentrc",
      'analyzers["./a.ts"].deep.x': ".experimentrc",
      'analyzers["./a.ts"]': ".experimentrc",
    });
    expect(sources).not.to.have.any.keys("name", "train", "analyzers", "sinks");
  });

  it("freezes the config all the way down", async () => {
    await project.write(".experimentrc", "analyzers: { a: { list: [{ x: 1 }] } }");
    const { config } = await project.load();
    const list = config.analyzers.a?.list as { x: number }[];
    expect(() => Object.assign(config.train, { lr: 2 })).to.throw(TypeError);
    expect(() => Object.assign(list[0] ?? {}, { x: 2 })).to.throw(TypeError);
  });

  it("warms up for a tenth of the steps unless told otherwise", async () => {
    expect((await project.load({ flags: { short: { "train.steps": 50 } } })).config.train.warmup_steps).to.equal(5);
    expect((await project.load({ flags: { set: ["train.warmup_steps=0"] } })).config.train.warmup_steps).to.equal(0);
  });

  it("resolves `runs` from where it was written: the file's folder, or the working directory", async () => {
    await project.write(".experimentrc", "runs: out");
    await project.write("sub/empty", "");
    const cwd = path.join(project.dir, "sub");
    expect((await project.load({ cwd })).config.runs).to.equal("out");
    expect((await project.load({ cwd, flags: { short: { runs: "here" } } })).config.runs).to.equal(
      path.join(cwd, "here"),
    );
  });
});
