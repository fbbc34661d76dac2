import { expect } from "chai";
import { formatKeyPath, parseAssignment } from "../../../core/config/key-path.ts";
import { createProject, defaults } from "./project.ts";

describe("values on the command line and in the environment", () => {
  const project = createProject();
  const optionOf = async (text: string) => {
    const { config } = await project.load({ flags: { set: [`sinks.json.x=${text}`] } });
    return config.sinks.json?.x;
  };

  it("are YAML or JSON", async () => {
    expect(await optionOf("1e-3")).to.equal(0.001);
    expect(await optionOf("true")).to.equal(true);
    expect(await optionOf("[a, b]")).to.deep.equal(["a", "b"]);
    expect(await optionOf("{a: 1}")).to.deep.equal({ a: 1 });
    expect(await optionOf('{"a": [1]}')).to.deep.equal({ a: [1] });
    expect(await optionOf("plain text = more")).to.equal("plain text = more");
    expect(await optionOf("2024-01-01")).to.equal("2024-01-01");
    expect(await optionOf("")).to.equal("");
    expect(await optionOf("null")).to.equal(null);
  });

  it("stay text where the config wants a string or holds a secret", async () => {
    const set = ["name=007", "sinks.wandb.api_key=1e99"];
    const { config } = await project.load({ flags: { set }, env: { EXPERIMENT_RUNS: "2024" } });
    expect(config.name).to.equal("007");
    expect(config.runs).to.match(/2024$/);
    expect(config.sinks.wandb?.api_key).to.equal("1e99");
  });

  it("may set a section, and reset a key of the file with null", async () => {
    await project.write(".experimentrc", "train: { lr: 1 }\nname: mine");
    const { config } = await project.load({ flags: { set: ["train={steps: 7}", "name=null"] } });
    expect(config.train).to.include({ lr: 1, steps: 7 });
    expect(config.name).to.equal(undefined);
    expect((await project.load({ flags: { set: ["train.lr=null"] } })).config.train.lr).to.equal(defaults.train.lr);
  });

  it("count for nothing in an empty variable", async () => {
    expect((await project.load({ env: { EXPERIMENT_TRAIN__LR: "" } })).config.train.lr).to.equal(defaults.train.lr);
  });

  it("accept the engine by its name alone", async () => {
    await project.write(".experimentrc", "engine: { threads: 2 }");
    const { config } = await project.load({ env: { EXPERIMENT_ENGINE: "cpu" } });
    expect(config.engine).to.include({ name: "cpu", threads: 2 });
  });
});

describe("key paths", () => {
  it("read back what they are written as", () => {
    const paths = [
      ["train", "lr"],
      ["analyzers", "./my.ts", "every"],
      ["a", 'quo"te', "b-c"],
      ["sinks", "@lab/x"],
      ["a.b"],
    ];
    for (const path of paths) {
      expect(parseAssignment(`${formatKeyPath(path)}=v=1`)).to.deep.equal({ path, value: "v=1" });
    }
    expect(formatKeyPath(["analyzers", "./my.ts", "every"])).to.equal('analyzers["./my.ts"].every');
    expect(parseAssignment("a['./b c'].d=")).to.deep.equal({ path: ["a", "./b c", "d"], value: "" });
  });
});
