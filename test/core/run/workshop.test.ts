import { join } from "node:path";
import { expect } from "chai";
import { loadConfig } from "../../../core/config/load.ts";
import { train } from "../../../core/run/train.ts";
import { createWorkshop, type Workshop } from "../../../core/run/workshop.ts";
import { builtIns } from "../../../plugins/index.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { comparableRows, tinyConfig, weightsHash, writeTiny } from "../../helpers/tiny.ts";

describe("createWorkshop", function () {
  this.timeout(120_000);
  after(removeTempFolders);

  it("shares engine, text and steps between runs, and changes nothing in any of them", async () => {
    const folder = tempFolder();
    const analyzers = {
      "token-sparsity": {},
      "batch-union-sparsity": { every: 3 },
      "layer-contrast": { every: 2 },
      "neuron-death": { every: 2 },
    };
    writeTiny(folder, { analyzers });
    const trained = async ([seed, steps, lr]: readonly [number, number, number], workshop?: Workshop) => {
      const train1 = { ...tinyConfig.train, steps, lr };
      const set = [
        `seed=${seed}`,
        `train=${JSON.stringify(train1)}`,
        `runs=${join(folder, workshop ? "shared" : "alone")}`,
      ];
      const loaded = await loadConfig({ cwd: folder, env: {}, flags: { set } });
      const { dir } = await train({ loaded, plugins: builtIns, ...(workshop && { workshop }) });
      return { rows: await comparableRows(dir), weights: weightsHash(dir) };
    };
    const workshop = createWorkshop();
    try {
      for (const given of [
        [1, 6, 3e-3],
        [2, 5, 1e-2],
      ] as const) {
        expect(await trained(given, workshop)).to.deep.equal(await trained(given));
      }
    } finally {
      await workshop.close();
    }
  });

  it("compiles the steps of one shape once, those of others and of plugins by path anew", async () => {
    // What is counted is the engine's own compile, through a workshop that wraps it.
    const folder = tempFolder();
    writeTiny(folder);
    const own = createWorkshop();
    let compiled = 0;
    const workshop: Workshop = {
      ...own,
      engine: async (options) => {
        const engine = await own.engine(options);
        return {
          ...engine,
          compile: (step, signature, name, sameAs) => {
            const counting: typeof step = (...given) => {
              compiled++;
              return step(...given);
            };
            return engine.compile(counting, signature, name, sameAs);
          },
        };
      },
    };
    const trained = async (...set: string[]) => {
      compiled = 0;
      const loaded = await loadConfig({ cwd: folder, env: {}, flags: { set: ["engine=onnx", ...set] } });
      await train({ loaded, plugins: builtIns, workshop });
      return compiled;
    };
    try {
      expect(await trained("seed=1")).to.be.greaterThan(1);
      expect(await trained("seed=2", "train.lr=0.1", "train.steps=9")).to.equal(0);
      expect(await trained("seed=2", "model.d_mlp=64")).to.be.greaterThan(1);
      expect(await trained("seed=2", "train.weight_decay=0")).to.be.greaterThan(1);
    } finally {
      await own.close();
    }
  });
});
