/** What analyzers record of each unit with option `per_unit`, against the weights, gradients and firings that they are of. */
import { expect } from "chai";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { loadCheckpoint } from "../../../core/checkpoint/checkpoint.ts";
import { latestCheckpoint } from "../../../core/checkpoint/folder.ts";
import type { Row } from "../../../core/contract/sink.ts";
import { createMemorySink } from "../../../plugins/sinks/memory.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { onlyRun, tinyConfig, trainTiny } from "../../helpers/tiny.ts";

const { d_model, d_mlp } = tinyConfig.model;
const steps = 6;

describe("what is recorded of each unit", function () {
  this.timeout(60_000);
  let last: Row;
  let state: Readonly<Record<string, NDArray>>;
  const recorded = (metric: string, layer: number) => last.arrays[`${metric}/layer_${layer}`]!;

  before(async () => {
    const { sink, memory } = createMemorySink();
    const folder = tempFolder();
    const changes = {
      // Without momentum, decay and clipping the optimizer's running sum of gradients is the step's gradient.
      train: {
        ...{ ...tinyConfig.train, steps, warmup_steps: 1, lr: 0.5, weight_decay: 0, grad_clip: 0, accumulate: 2 },
        optimizer: { sgd: { momentum: 0 } },
      },
      analyzers: {
        "token-sparsity": { per_unit: true },
        "neuron-death": { per_unit: true, frozen_every: 2, window_tokens: 64 },
      },
      sinks: { memory: {}, json: {} },
    };
    await trainTiny(folder, { changes, sinks: [sink] });
    last = memory.rows.at(-1)!;
    state = loadCheckpoint(latestCheckpoint(onlyRun(folder)).latest!.path).state;
  });
  after(removeTempFolders);

  it("is the firing threshold of its weights as they are after the step", () => {
    for (const layer of [0, 1]) {
      const block = `blocks.${layer}`;
      const of = (name: string) => state[`${block}.${name}`]!.data;
      const [weights, bias, gain, shift] = [of("mlp.W_in"), of("mlp.b_in"), of("ln2.w"), of("ln2.b")];
      const { shape, data } = recorded("neuron_death/unit_threshold", layer);
      expect(shape).to.deep.equal([d_mlp]);
      for (let i = 0; i < d_mlp; i++) {
        const own = Array.from({ length: d_model }, (_, j) => weights[j * d_mlp + i]!);
        const scaled = own.map((w, j) => gain[j]! * w);
        const mean = scaled.reduce((sum, w) => sum + w) / d_model;
        const reach = Math.sqrt(d_model) * Math.hypot(...scaled.map((w) => w - mean));
        const offset = own.reduce((sum, w, j) => sum + w * shift[j]!, bias[i]!);
        expect(data[i]).to.be.closeTo(-offset / reach, 1e-5);
      }
    }
  });

  it("is the norm of the gradient that its weights got, 0 where nothing in the batch fired it", () => {
    for (const layer of [0, 1]) {
      const gradient = state[`sgd.b/blocks.${layer}.mlp.W_in`]!.data;
      const { data } = recorded("neuron_death/unit_gradient", layer);
      const frequency = recorded("token_sparsity/unit_frequency", layer).data;
      for (let i = 0; i < d_mlp; i++) {
        const norm = Math.hypot(...Array.from({ length: d_model }, (_, j) => gradient[j * d_mlp + i]!));
        expect(data[i]).to.be.closeTo(norm, 1e-5 * norm);
        expect(data[i] === 0).to.equal(frequency[i] === 0);
      }
    }
  });
});
