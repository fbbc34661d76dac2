import { expect } from "chai";
import { ExperimentError } from "../../../core/errors/errors.ts";
import { createProject } from "./project.ts";

describe("errors of a config", () => {
  const project = createProject();
  const faultsOf = async (text: string) => {
    await project.write(".experimentrc", text);
    return project.faults();
  };

  it("name file, key path, what was expected and what was got", async () => {
    const cases: Readonly<Record<string, string>> = {
      "train: { lr: -1 }": "train.lr: expected a number > 0, got `-1`.",
      "train: { steps: 1.5 }": "train.steps: expected a whole number >= 1, got `1.5`.",
      "train: { beta1: 1 }": "train.beta1: expected a number >= 0 and < 1, got `1`.",
      "train: { lr: .inf }": "train.lr: expected a number > 0, got `Infinity`.",
      "train: 5": "train: expected a map, got `5`.",
      "model: { bias: yes please }": "model.bias: expected true or false, got `yes please`.",
      "model: { activation: rleu }":
        "model.activation: expected one of relu, gelu, relu2, got `rleu`. Did you mean `relu`?",
      'train: { lr: "1e-3" }': "train.lr: expected a number > 0, got `1e-3`. Leave the quotes out.",
      "name: 2024-01-01":
        'name: expected a string of 1 to 128 characters, got `"2024-01-01T00:00:00.000Z"`. Put it in quotes: YAML takes it for a date.',
      "engine: 5": "engine: expected a map, got `5`.",
    };
    for (const [text, fault] of Object.entries(cases)) {
      expect(await faultsOf(text), text).to.deep.equal([`.experimentrc: ${fault}`]);
    }
  });

  it("name the nearest known key, here or elsewhere", async () => {
    expect(await faultsOf("train: { lrr: 1 }")).to.deep.equal([
      ".experimentrc: train: unknown key `lrr`. Did you mean `lr`?",
    ]);
    expect(await faultsOf("n_layers: 1")).to.deep.equal([
      ".experimentrc: unknown key `n_layers`. Did you mean `model.n_layers`?",
    ]);
    expect((await faultsOf("checkpoint: { banana: 1 }"))[0]).to.equal(
      ".experimentrc: checkpoint: unknown key `banana`. Known: every, keep_last, keep_every, at.",
    );
  });

  it("name the flag or the variable", async () => {
    const flags = { set: ["train.lr=-1", "foo=1"], short: { "train.steps": "many", "engine.name": "wsm" } };
    expect(await project.faults({ flags, env: { EXPERIMENT_MODEL__D_MLP: "0", RELUSCOPE_SED: "1" } })).to.have.members([
      "--set: train.lr: expected a number > 0, got `-1`.",
      "--set: unknown key `foo`. Known: name, runs, seed, engine, model, data, train, eval, checkpoint, observe, analyzers, sinks.",
      "--steps: train.steps: expected a whole number >= 1, got `many`.",
      "--engine: engine.name: expected one of auto, xla, tensorflow, onnx, wasm, cpu, got `wsm`. Did you mean `wasm`?",
      "EXPERIMENT_MODEL__D_MLP: model.d_mlp: expected a whole number >= 1, got `0`.",
      "RELUSCOPE_SED: unknown key `sed`. Did you mean `seed`?",
    ]);
  });

  it("name a key that there is not also where it has no value", async () => {
    expect(await faultsOf("trian:\ntrain: { lrr: }")).to.deep.equal([
      ".experimentrc: train: unknown key `lrr`. Did you mean `lr`?",
      ".experimentrc: unknown key `trian`. Did you mean `train`?",
    ]);
  });

  it("see the decimal comma that YAML takes for two entries", async () => {
    expect(await faultsOf("train: { weight_decay: 0,1 }")).to.deep.equal([
      ".experimentrc: train: unknown key `1`, without a value. A decimal comma? YAML takes `0,1` for two entries: write `0.1`.",
    ]);
  });

  it("come all at once, a line each", async () => {
    expect(await faultsOf("sed: 1\ntrain: { lr: 0, step: 1, steps: x }\neval: { every: -1 }")).to.have.length(5);
  });

  it("check keys against each other, and say where the other one is from", async () => {
    await project.write(".experimentrc", "model: { d_model: 10 }\ntrain: { warmup_steps: 20 }");
    expect(await project.faults({ flags: { short: { "train.steps": "10" } } })).to.deep.equal([
      "model.n_heads: expected a divisor of d_model = 10 (.experimentrc), got `4`.",
      ".experimentrc: train.warmup_steps: expected at most steps = 10 (--steps), got `20`.",
    ]);
  });

  it("refuse a flag that is no assignment, or whose value is no YAML", async () => {
    for (const text of ["train.lr", "=1", "train..lr=1", ".lr=1", 'a["b=1', "a b=1"]) {
      expect(await project.faults({ flags: { set: [text] } }), text).to.deep.equal([
        `--set: expected KEY=VALUE, such as train.lr=1e-3, got \`${text}\`.`,
      ]);
    }
    expect(await project.faults({ flags: { set: ["train.lr=[1"] } })).to.deep.equal([
      "--set: train.lr: expected a value in YAML or JSON, got `[1`.",
    ]);
  });

  it("are usage errors with exit code 2", async () => {
    await project.write(".experimentrc", "sed: 1");
    const error: unknown = await project.load().catch((thrown) => thrown);
    expect(error).to.be.instanceOf(ExperimentError);
    expect(error).to.include({ code: "config.invalid", exitCode: 2 });
  });

  for (const key of ["__proto__", "constructor", "prototype"]) {
    it(`take ${key} for an unknown key wherever it stands, and do nothing else with it`, async () => {
      const fault = `unknown key \`${key}\`.`;
      const set = [`${key}.x=1`, `train.${key}.x=1`, `analyzers.${key}.x=1`, `sinks.json["${key}"].x=1`];
      const faults = await project.faults({ flags: { set } });
      expect(faults).to.deep.equal([
        `--set: ${fault}`,
        `--set: train: ${fault}`,
        `--set: analyzers: ${fault}`,
        `--set: sinks.json: ${fault}`,
      ]);
      expect(await faultsOf(JSON.stringify({ seed: 1 }).replace("seed", key))).to.deep.equal([
        `.experimentrc: ${fault}`,
      ]);
      expect(await faultsOf(`analyzers: [{ ${key}: { x: 1 } }]`)).to.deep.equal([`.experimentrc: analyzers: ${fault}`]);
      expect(({} as { x?: number }).x).to.equal(undefined);
    });
  }

  it("take prototype keys in the environment for unknown keys", async () => {
    const env = { EXPERIMENT_CONSTRUCTOR__PROTOTYPE__X: "1", EXPERIMENT___PROTO____X: "1" };
    const faults = await project.faults({ env });
    expect(faults[0]).to.match(/^EXPERIMENT_CONSTRUCTOR__PROTOTYPE__X: unknown key `constructor`/);
    expect(faults[1]).to.match(/^EXPERIMENT___PROTO____X: unknown key ``/);
    expect(({} as { x?: number }).x).to.equal(undefined);
  });

  it("can show what JSON cannot", async () => {
    await project.write("a.mjs", "export default { seed: 1n, train: { lr: () => 1 } };");
    expect(await project.faults({ file: "a.mjs" })).to.deep.equal([
      "a.mjs: seed: expected a whole number >= 0, got `1`.",
      "a.mjs: train.lr: expected a number > 0, got `() => 1`.",
    ]);
  });

  it("refuse values that contain themselves", async () => {
    expect(await faultsOf("analyzers: { a: &x { y: *x } }")).to.deep.equal([
      ".experimentrc: analyzers.a.y: expected a value, got `one that contains itself`.",
    ]);
  });
});
