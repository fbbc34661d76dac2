import path from "node:path";
import { expect } from "chai";
import { searchPlaces } from "../../../core/config/files.ts";
import { createProject, defaults } from "./project.ts";

/** The same config in every notation. */
const contents: Readonly<Record<string, string>> = {
  json: '{ "$schema": "x.json", "seed": 7 }',
  yaml: "seed: 7",
  js: "module.exports = { seed: 7 };",
  mjs: "export default { seed: 7 };",
  cjs: "module.exports = { seed: 7 };",
  ts: "type Seed = number;\nexport default { seed: 7 as Seed };",
};

describe("config files", () => {
  const project = createProject();

  for (const place of searchPlaces.filter((name) => name !== "package.json")) {
    it(`reads ${place}`, async () => {
      const extension = path.extname(place).slice(1).replace("yml", "yaml");
      await project.write(place, contents[extension] ?? contents.yaml ?? "");
      const { config, sources, file } = await project.load();
      expect(config.seed).to.equal(7);
      expect(sources.seed).to.equal(place);
      expect(file).to.equal(path.join(project.dir, place));
    });
  }

  it("reads .experimentrc as JSON too, indented with tabs", async () => {
    await project.write(".experimentrc", '{\n\t"seed": 7,\n\t"train": {\n\t\t"lr": 1e-2\n\t}\n}\n');
    expect((await project.load()).config.train.lr).to.equal(0.01);
  });

  it("reads the `experiment` key of package.json", async () => {
    await project.write("package.json", '{ "experiment": { "seed": 7 } }');
    const { config, sources } = await project.load();
    expect(config.seed).to.equal(7);
    expect(sources.seed).to.equal("package.json");
  });

  it("reads an ESM .js file of an ESM package, and a .ts file that imports another", async () => {
    await project.write("package.json", '{ "type": "module" }');
    await project.write("experiment.config.js", "export default { seed: 7 };");
    expect((await project.load()).config.seed).to.equal(7);
    await project.write("base.ts", "export const seed: number = 8;");
    await project.write("run.ts", 'import { seed } from "./base.ts";\nexport default { seed };');
    expect((await project.load({ file: "run.ts" })).config.seed).to.equal(8);
  });

  it("prefers the rc file over package.json", async () => {
    await project.write("package.json", '{ "experiment": { "seed": 8 } }');
    await project.write(".experimentrc", "seed: 7");
    expect((await project.load()).config.seed).to.equal(7);
  });

  it("finds the file from a subfolder, and starts relative paths beside it", async () => {
    await project.write(".experimentrc", "seed: 7");
    await project.write("a/b/empty", "");
    const { config, baseDir } = await project.load({ cwd: path.join(project.dir, "a/b") });
    expect(config.seed).to.equal(7);
    expect(baseDir).to.equal(project.dir);
  });

  it("does not look above the package that the folder belongs to", async () => {
    await project.write(".experimentrc", "seed: 7");
    await project.write("inner/package.json", "{}");
    const { config, file } = await project.load({ cwd: path.join(project.dir, "inner") });
    expect(file).to.equal(undefined);
    expect(config.seed).to.equal(1);
  });

  it("takes an empty file, or one with comments only, as all defaults", async () => {
    for (const text of ["", "# nothing yet\n", "train:\n  # lr: 1\n"]) {
      await project.write(".experimentrc", text);
      const { config, baseDir } = await project.load();
      expect(config.train.lr).to.equal(defaults.train.lr);
      expect(baseDir).to.equal(project.dir);
    }
  });

  it("takes a file that is named, whatever its ending", async () => {
    await project.write(".experimentrc", "seed: 8");
    await project.write("configs/wide.conf", "seed: 7");
    const { config, sources, baseDir } = await project.load({ file: "configs/wide.conf" });
    expect(config.seed).to.equal(7);
    expect(sources.seed).to.equal("wide.conf");
    expect(baseDir).to.equal(path.join(project.dir, "configs"));
  });

  it("says so when a named file does not exist", async () => {
    expect(await project.faults({ file: "nope.yaml" })).to.deep.equal([
      "--config: expected a file, got `nope.yaml`, which does not exist.",
    ]);
  });

  it("names line and column of a syntax error", async () => {
    await project.write(".experimentrc", "train:\n  lr: 1\n  steps: [1\n");
    const [fault] = await project.faults();
    expect(fault).to.match(/^\.experimentrc:4:1: cannot be read: /);
    await project.write(".experimentrc", "seed: 1\nseed: 2\n");
    expect((await project.faults())[0]).to.equal(".experimentrc:2:1: cannot be read: duplicated mapping key.");
  });

  it("names the file when a module throws, exports nothing, or is no map", async () => {
    await project.write("a.mjs", "throw new Error('boom');");
    expect(await project.faults({ file: "a.mjs" })).to.deep.equal(["a.mjs: cannot be read: boom."]);
    await project.write("b.mjs", "export const config = {};");
    expect((await project.faults({ file: "b.mjs" }))[0]).to.match(
      /^b\.mjs: expected a default export, got `\["config"\]`/,
    );
    await project.write("c.yaml", "- seed");
    expect(await project.faults({ file: "c.yaml" })).to.deep.equal(['c.yaml: expected a map of keys, got `["seed"]`.']);
  });
});
