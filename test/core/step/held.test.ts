import { expect } from "chai";
import { checkHold, isHeld } from "../../../core/step/held.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const blockNames = ["ln1.w", "ln1.b", "attn.W_QKV", "attn.b_QKV", "attn.W_O", "attn.b_O", "ln2.w", "ln2.b"].concat(
  ["W_in", "b_in", "W_out", "b_out"].map((one) => `mlp.${one}`),
);
const names = [
  "embed.W_E",
  "pos_embed.W_pos",
  ...[0, 1].flatMap((layer) => blockNames.map((name) => `blocks.${layer}.${name}`)),
  "ln_final.w",
  "ln_final.b",
];

describe("isHeld", () => {
  it("holds a parameter by its name, and a group by its own with or without the dot", () => {
    const held = (...hold: string[]) => names.filter((name) => isHeld(hold, name));
    expect(held("blocks.1.mlp.W_in")).to.deep.equal(["blocks.1.mlp.W_in"]);
    expect(held("blocks.0.mlp")).to.deep.equal(held("blocks.0.mlp."));
    expect(held("blocks.0.mlp")).to.deep.equal(["W_in", "b_in", "W_out", "b_out"].map((one) => `blocks.0.mlp.${one}`));
    expect(held("embed", "ln_final")).to.deep.equal(["embed.W_E", "ln_final.w", "ln_final.b"]);
    expect(held("blocks.0.ml")).to.deep.equal([]);
  });
});

describe("checkHold", () => {
  it("takes names of parameters and of groups", () => {
    checkHold(["blocks.0.", "blocks.1", "blocks.1.mlp.W_in", "embed"], names);
  });

  for (const [entry, hint] of [
    ["blocks.0.mlp.Win", "Did you mean `blocks.0.mlp.W_in`?"],
    ["block.0.", "Did you mean `blocks.0`?"],
    ["Win", "Did you mean `blocks.0.mlp.W_in`?"],
    ["blocks.7", "Did you mean `blocks.0`?"],
    ["everything", "Names begin with embed, pos_embed, blocks, ln_final."],
  ] as const) {
    it(`refuses ${entry}, which holds nothing`, () => {
      const { code, message } = thrownBy(() => checkHold(["embed", entry], names));
      expect(code).to.equal("config.invalid");
      expect(message).to.equal(`train.hold: no parameter is named \`${entry}\`. ${hint}`);
    });
  }
});
