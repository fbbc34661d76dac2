import { expect } from "chai";
import { tokenUse } from "../../plugins/analyzers/token-sparsity/token-use.ts";
import { firingsIn, maskOf } from "./masks.ts";

describe("token-sparsity", () => {
  it("reports use, sparsity and the spread of active units over tokens", () => {
    // Token t of either sequence uses t of 10 units: 0, 1, 2, 3, 4.
    const layer = firingsIn(maskOf(2, 5, 10, (_, t, i) => i < t));
    const use = tokenUse(layer);
    expect(use.use_token).to.equal(0.2);
    expect(use.sparsity_token).to.equal(0.8);
    expect(use.active_per_token).to.equal(2);
    expect(use.active_per_token_sd).to.be.closeTo(Math.sqrt(20 / 9), 1e-12);
    expect(use.active_per_token_min).to.equal(0);
    expect(use.active_per_token_q05).to.be.closeTo(0, 1e-12);
    expect(use.active_per_token_q50).to.equal(2);
    expect(use.active_per_token_q95).to.be.closeTo(4, 1e-12);
    expect(use.active_per_token_max).to.equal(4);
  });
});
