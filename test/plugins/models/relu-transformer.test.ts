import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { planWith } from "../../../testing/plan.ts";
import { tinyPlan } from "../../helpers/tiny-plan.ts";

describe("the parameters of relu-transformer", () => {
  it("has names that a reader of a checkpoint can guess", () => {
    const { model } = tinyPlan({ model: { n_layers: 1 } });
    const shapes = Object.entries(model.parameters).map(([name, shape]) => `${name} ${shape.join("x")}`);
    expect(shapes).to.deep.equal([
      "embed.W_E 13x8",
      "pos_embed.W_pos 6x8",
      "blocks.0.ln1.w 8",
      "blocks.0.ln1.b 8",
      "blocks.0.attn.W_QKV 8x24",
      "blocks.0.attn.b_QKV 24",
      "blocks.0.attn.W_O 8x8",
      "blocks.0.attn.b_O 8",
      "blocks.0.ln2.w 8",
      "blocks.0.ln2.b 8",
      "blocks.0.mlp.W_in 8x16",
      "blocks.0.mlp.b_in 16",
      "blocks.0.mlp.W_out 16x8",
      "blocks.0.mlp.b_out 8",
      "ln_final.w 8",
      "ln_final.b 8",
    ]);
  });

  it("leaves out biases, and adds an unembedding that is not tied", () => {
    const names = (model: object) => Object.keys(tinyPlan({ model }).model.parameters);
    expect(names({ bias: false }).filter((name) => /\.b(_|$)/.test(name))).to.deep.equal([]);
    expect(names({ norm: "rmsnorm" }).filter((name) => name.endsWith(".b"))).to.deep.equal([]);
    expect(names({ norm: "rmsnorm" })).to.include("blocks.0.mlp.b_in");
    expect(names({ tie_embeddings: false })).to.include("unembed.W_U");
  });
});

describe("initialise of relu-transformer", () => {
  it("draws weights with the documented deviations, the same for the same seed", () => {
    const { model } = planWith(
      { model: { n_layers: 2, d_model: 64, n_heads: 2, d_mlp: 512, n_ctx: 6, init_scale: 2 } },
      256,
    );
    const params = model.initialise(createRandom(7, "weights"));
    const deviation = (name: string) => {
      const { data } = params[name]!;
      return Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);
    };
    expect(deviation("embed.W_E")).closeTo(0.04, 0.001);
    expect(deviation("blocks.1.mlp.W_in")).closeTo(0.04, 0.001);
    expect(deviation("blocks.1.mlp.W_out")).closeTo(0.02, 0.0005);
    expect(deviation("blocks.0.attn.W_O")).closeTo(0.02, 0.001);
    expect(new Set(params["blocks.0.ln1.w"]!.data)).to.deep.equal(new Set([1]));
    expect(new Set(params["blocks.0.mlp.b_in"]!.data)).to.deep.equal(new Set([0]));
    expect(model.initialise(createRandom(7, "weights"))).to.deep.equal(params);
    expect(model.initialise(createRandom(8, "weights"))).not.to.deep.equal(params);
  });
});
