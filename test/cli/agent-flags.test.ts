import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import yargs from "yargs";
import { topKeys, withAgentFlags } from "../../cli/agent-flags.ts";
import { type ConfigArguments, configFlags, flagsFrom } from "../../cli/config-flags.ts";
import { loadConfig } from "../../core/config/load.ts";
import { configSchema } from "../../core/config/schema.ts";
import { readRun } from "../../core/record/runs.ts";
import { readPointer } from "../../plugins/sinks/wandb/log/layout.ts";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";
import { readLog } from "../helpers/wandb-reader.ts";

describe("withAgentFlags", () => {
  it("reads dotted flags and bare assignments as --set, of commands that take a config", () => {
    const given = ["train", "--train.lr=0.1", "model.n_layers=3", "--eval.every", "5", "--seed=3"];
    const set = ["train", "--set", "train.lr=0.1", "--set", "model.n_layers=3", "--set", "eval.every=5", "--seed=3"];
    expect(withAgentFlags(given)).to.deep.equal(set);
    const plugin = '--analyzers["./my.ts"].every=4';
    expect(withAgentFlags(["config", plugin])).to.deep.equal(["config", "--set", plugin.slice(2)]);
    expect(withAgentFlags(["show", "a.b=c"])).to.deep.equal(["show", "a.b=c"]);
  });

  it("leaves the values of other flags alone", () => {
    for (const given of [
      ["train", "--set", "train.lr=0.1"],
      ["train", "-c", "a.b=c.yaml"],
      ["sweep", "plan.yaml"],
    ]) {
      expect(withAgentFlags(given)).to.deep.equal(given);
    }
  });
});

describe("command lines that W&B's agent makes", () => {
  const dir = useTempDir();
  const golden = JSON.parse(readFileSync(new URL("../golden/agent-forms.json", import.meta.url), "utf8"));

  for (const form of ["args", "args_no_equals", "args_no_hyphens", "args_no_boolean_flags", "args_json"]) {
    it(`are read as they are meant: \${${form}}`, async () => {
      writeFileSync(join(dir(), "rc.yaml"), "data: { pack: false, corpus: { text: { files: [x] } } }");
      const given = withAgentFlags(["train", ...golden.forms[form]]).slice(1);
      const parsed = await configFlags(yargs(given)).strict().exitProcess(false).parse();
      const { flags = {} } = flagsFrom(parsed as ConfigArguments);
      const { config } = await loadConfig({ cwd: dir(), file: "rc.yaml", env: {}, flags });
      expect(config.train).to.deep.include({ lr: 0.0123, weight_decay: 1e-5, hold: ["embed.", "blocks.0."] });
      expect(config.seed).to.equal(7);
      expect(config.model.d_mlp).to.equal(32);
      expect(Object.keys(config.data.corpus)).to.deep.equal(["sotu"]);
      expect(config.data.pack).to.equal(true);
      expect(config.analyzers["token-sparsity"]?.every).to.equal(2);
      // That form leaves out what is false.
      expect(config.model.tie_embeddings).to.equal(form === "args_no_boolean_flags");
    });
  }

  it("may name any key at the top of the config", () => {
    expect([...topKeys].sort()).to.deep.equal(Object.keys(configSchema.shape).sort());
  });
});

describe("experiment train, as W&B's agent calls it", () => {
  const dir = useTempDir();

  it("trains with the agent's flags, under the run's id and the sweep's", async () => {
    writeTiny(dir(), { sinks: { json: {}, wandb: {} }, train: { steps: 2, batch_size: 4, warmup_steps: 1, lr: 1e-3 } });
    const { code, stderr } = await command(["train", "--train.lr=0.02", "model.d_mlp=32", "--seed=7"], {
      cwd: dir(),
      env: { WANDB_RUN_ID: "qwe123", WANDB_SWEEP_ID: "abc", WANDB_MODE: "offline", HOME: dir() },
    });
    expect(code, stderr).to.equal(0);
    const run = onlyRun(dir());
    const { config } = readRun(run).run as unknown as { config: { train: object; model: object; seed: number } };
    expect(config.seed).to.equal(7);
    expect(config.train).to.include({ lr: 0.02 });
    expect(config.model).to.include({ d_mlp: 32 });
    const [{ run: record } = {}] = readLog(readPointer(run)?.log ?? "");
    expect(record).to.include({ run_id: "qwe123", sweep_id: "abc" });
  });
});
