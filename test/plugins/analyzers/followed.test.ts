import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { affordable } from "../../../plugins/analyzers/neuron-death/followed.ts";
import { createLayer } from "../../../plugins/analyzers/neuron-death/layer.ts";
import { sampleOf } from "../../../plugins/analyzers/unit-sample.ts";

describe("affordable", () => {
  const of = (n_layers: number, d_model: number, d_mlp: number, tokensPerStep: number, engine?: string, every = 10) => {
    const model = { n_layers, d_model, d_mlp, n_heads: 4, n_ctx: 64, d_vocab: 256 };
    return affordable(
      { model, tokensPerStep, config: engine === undefined ? {} : { engine: { name: engine } } },
      every,
    );
  };

  it("follows all units where that costs little: small models, and large ones over many tokens or at few looks", () => {
    expect(of(4, 128, 1024, 64)).to.equal(1024);
    expect(of(6, 256, 4096, 16_384)).to.equal(4096);
    expect(of(2, 256, 4096, 1024, "onnx", 200)).to.equal(4096);
    expect(of(1, 512, 8192, 128, "onnx", 100)).to.equal(1196); // 0.005 x 100 x 6 x 128 x 9 568 256 / (512 x 6000)
  });

  it("follows a sample of more: as many as 32 MiB hold on a CPU, as steps of a GPU leave time for, never fewer than 512", () => {
    expect(of(6, 256, 4096, 1024)).to.equal(512);
    expect(of(6, 256, 4096, 4096)).to.equal(1896);
    expect(of(6, 512, 32_768, 8192)).to.equal(2730);
    expect(of(6, 512, 32_768, 8192, "xla")).to.equal(512);
    expect(of(6, 512, 32_768, 524_288, "xla")).to.equal(2730);
    expect(of(2, 64, 2048, 1)).to.equal(512);
  });
});

describe("sampleOf", () => {
  it("takes all there are, or as many as asked for, which the seed decides", () => {
    const of = (most: number, seed: number) => sampleOf(100, most, createRandom(seed, "sample"));
    expect(of(100, 1)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    expect(of(10, 1)).to.have.length(10).and.to.deep.equal(of(10, 1)).and.not.to.deep.equal(of(10, 2));
  });
});

describe("a layer", () => {
  it("that goes on with other followed units than were saved knows nothing of them yet", () => {
    const options = { units: 4, window: 4, skip: 0, share: 0.05, reach: 100, every: 10, tokensPerSequence: 8 };
    const layerOf = (followed: number[]) =>
      createLayer(0, { ...options, norm: { kind: "layernorm", epsilon: 1e-5 }, followed });
    const layer = layerOf([0, 1, 3]);
    const three = () => Float32Array.of(1, 2, 3);
    const look = { step: 1, zmax: three(), zmean: three(), active: Int32Array.of(1, 1, 0), theta: three() };
    const snapshot = {
      x: new Float32Array(4),
      weights: new Float32Array(6),
      bias: three(),
      gain: new Float32Array(2),
      shift: new Float32Array(2),
    };
    layer.attribution.look(look, snapshot, 1, createRandom(1, "look"));
    for (const [followed, looks] of [
      [[0, 1, 3], 1],
      [[0, 1], 0],
    ] as const) {
      const resumed = layerOf([...followed]);
      resumed.load(layer.save());
      expect(resumed.attribution.looks).to.have.length(looks);
    }
  });
});
