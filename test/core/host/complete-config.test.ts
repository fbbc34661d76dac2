import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { exampleConfig } from "../../../core/config/example.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { completeConfig } from "../../../core/host/complete-config.ts";
import { choosePlugins } from "../../../core/host/resolve.ts";
import { builtIns } from "../../../plugins/index.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("the sources of a completed config", () => {
  const dir = useTempDir();

  /** Those that are not `default`. */
  async function told(rc: string, set: readonly string[] = []): Promise<Record<string, string>> {
    writeFileSync(join(dir(), ".experimentrc"), rc);
    const loaded = await loadConfig({ cwd: dir(), env: {}, flags: { set } });
    const { sources } = completeConfig(loaded, await choosePlugins(loaded, builtIns));
    return Object.fromEntries(Object.entries(sources).filter(([, source]) => source !== "default"));
  }

  it("tell nothing of a file that says what the defaults say, as `experiment init` writes it", async () => {
    expect(await told(exampleConfig("schema.json"))).to.deep.equal({});
  });

  it("tell every option of a plugin that is not there by default, and the changed ones of those that are", async () => {
    const found = await told("analyzers: { batch-union-sparsity: { every: 3 }, token-sparsity: {} }", [
      "train.optimizer=sgd",
    ]);
    expect(found).to.deep.equal({
      "analyzers.batch-union-sparsity.every": ".experimentrc",
      "train.optimizer.sgd.momentum": "flag --set",
      "train.optimizer.sgd.nesterov": "flag --set",
    });
  });

  it("tell of default plugins that were left out", async () => {
    expect(await told("analyzers: { token-sparsity: {} }")).to.deep.equal({
      "analyzers.batch-union-sparsity": "config",
    });
    expect(await told("", ["analyzers.token-sparsity=false"])).to.have.all.keys("analyzers.token-sparsity");
  });
});
