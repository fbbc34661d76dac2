import { expect } from "chai";
import { z } from "zod";
import { type Analyzer, defineAnalyzer, defineFrozenProbe } from "../../../core/contract/analyzer.ts";
import { createMemorySink } from "../../../plugins/sinks/memory.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { losses, tinyConfig, trainTiny } from "../../helpers/tiny.ts";

/** The rows of a tiny run of 8 steps with one analyzer. */
async function rowsWith(folder: string, analyzer: Analyzer | undefined) {
  const { sink, memory } = createMemorySink();
  const changes = {
    train: { ...tinyConfig.train, steps: 8 },
    analyzers: analyzer ? { [analyzer.name]: {} } : {},
    sinks: { memory: {} },
  };
  await trainTiny(folder, { changes, analyzers: analyzer ? [analyzer] : [], sinks: [sink] });
  return memory.rows;
}

/** Watches the frozen sequences: their ids, what the parameters are, what was trained on. */
const watcher: Analyzer = defineAnalyzer({
  name: "watcher",
  summary: "A test's.",
  options: z.strictObject({}),
  sites: [],
  metrics: { frozen_ids: "", frozen_weights: "", weights: "" },
  setup: () => ({
    probe: (_, { params, tf }) => ({ sum: tf.sum(params["embed.W_E"]!) }),
    analyze: ({ sum }) => ({ weights: sum.data[0]! }),
    frozen: defineFrozenProbe({
      every: 3,
      sequences: 2,
      sites: ["mlp_in"],
      probe: ({ mlp_in }, { tokens, params, tf }) => ({
        ids: tf.clone(tokens),
        sum: tf.sum(params["embed.W_E"]!),
        x: mlp_in,
      }),
      analyze: ({ ids, sum, x }) => {
        expect(x.map(({ shape }) => shape)).to.deep.equal([
          [2, 16, 16],
          [2, 16, 16],
        ]);
        return { frozen_ids: ids, frozen_weights: sum.data[0]! };
      },
    }),
  }),
});

describe("a frozen probe", () => {
  const dir = useTempDir();

  it("looks at the same held-out sequences, after the step's update, at the first, every n-th and the last step", async () => {
    const rows = await rowsWith(dir(), watcher);
    const looked = rows.filter((row) => "watcher/frozen_weights" in row.metrics);
    expect(looked.map((row) => row.step)).to.deep.equal([1, 3, 6, 8]);
    const ids = looked.map((row) => Array.from(row.arrays["watcher/frozen_ids"]!.data));
    for (const later of ids) expect(later).to.deep.equal(ids[0]);
    // What the frozen probe of step 3 sees is what step 4 computes with.
    expect(looked[1]!.metrics["watcher/frozen_weights"]).to.equal(rows[3]!.metrics["watcher/weights"]);
  });

  it("does not change what is trained", async () => {
    expect(losses(await rowsWith(dir(), watcher))).to.deep.equal(losses(await rowsWith(dir(), undefined)));
  });
});
