import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { dormancy } from "../../../plugins/analyzers/token-sparsity/dormancy.ts";
import {
  frequencies,
  frequencyHistogram,
  rankFrequency,
  unitValues,
} from "../../../plugins/analyzers/token-sparsity/frequency.ts";
import { designEffect, sequenceFrequencies } from "../../../plugins/analyzers/token-sparsity/sequences.ts";
import { withSquares } from "../../../plugins/analyzers/token-sparsity/token-firings.ts";
import { tokenUse } from "../../../plugins/analyzers/token-sparsity/token-use.ts";
import { mean, quantile, sorted } from "../../../statistics/moments.ts";
import { clusteredFirings, firingsIn, maskOf } from "./masks.ts";

describe("token-sparsity", () => {
  it("reports use, sparsity and the spread of active units over tokens", () => {
    // Token t of either sequence uses t of 10 units: 0, 1, 2, 3, 4.
    const use = tokenUse(firingsIn(maskOf(2, 5, 10, (_, t, i) => i < t)));
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

  it("finds planted frequencies", () => {
    // Of 10 units over 2000 tokens: 3 never fire, 2 fire once, 4 at half of the tokens, 1 always.
    const once = (b: number, t: number, i: number) => i < 5 && b === i && t === 0;
    const layer = firingsIn(
      maskOf(20, 100, 10, (b, t, i) => (i < 3 ? false : i < 5 ? once(b, t, i) : i < 9 ? t % 2 === 0 : true)),
    );
    const found = frequencies(layer);
    expect(found.never).to.equal(0.3);
    expect(found.rare).to.equal(0.2);
    expect(found.always_on).to.equal(0.1);
    expect(found.freq_q50).to.be.closeTo((1 / 2000 + 0.5) / 2, 1e-15);
    expect(found.k50).to.be.closeTo((2 + 1 / 1000) / 10, 1e-15); // half of 6002 firings is 2000 + 1000 + 1
    expect(found.n_eff).to.be.closeTo(6002 ** 2 / (2000 ** 2 + 4 * 1000 ** 2 + 2), 1e-9);
    const histogram = frequencyHistogram(layer).data;
    expect(histogram[0]).to.be.closeTo(0.3, 1e-7);
    expect(histogram[27]).to.be.closeTo(0.2, 1e-7); // log10(1/2000) = -3.30 in (-3.4, -3.3]
    expect(histogram[57]).to.be.closeTo(0.4, 1e-7); // log10(1/2) = -0.301 in (-0.4, -0.3]
    expect(histogram[60]).to.be.closeTo(0.1, 1e-7);
    const [ranks, at] = [rankFrequency(layer).data.slice(0, 64), rankFrequency(layer).data.slice(64)];
    expect([ranks[0], at[0], ranks[63], at[63]]).to.deep.equal([1, 1, 10, 0]);
    const { unit_frequency, unit_activation } = unitValues(layer, new Float32Array(10).fill(500));
    expect(unit_frequency.shape).to.deep.equal([10]);
    expect([0, 5, 9].map((i) => unit_frequency.data[i])).to.deep.equal([0, 0.5, 1]);
    expect(unit_activation.data[0]).to.equal(0.25);
  });

  it("keeps the two readings of the percentile apart", () => {
    const random = createRandom(5, "percentiles");
    const layer = clusteredFirings(random, { batch: 3, pos: 20, units: 30 }, (i) => i / 40);
    const rows = [0, 1, 2].map((b) => sorted(layer.perSequence.subarray(b * 30, b * 30 + 30)).reverse());
    const found = sequenceFrequencies(layer);
    expect(found.seq_freq_rank10).to.be.closeTo(mean(rows.map((row) => row[2]! / 20)), 1e-12);
    expect(found.seq_freq_top10).to.be.closeTo(mean(rows.map((row) => mean(row.slice(0, 3)) / 20)), 1e-12);
    expect(found.seq_freq_rank50).to.be.closeTo(mean(rows.map((row) => row[14]! / 20)), 1e-12);
    expect(found.seq_freq_top50).to.be.closeTo(mean(rows.map((row) => mean(row.slice(0, 15)) / 20)), 1e-12);
    expect(found.seq_freq_rank01).to.equal(found.seq_freq_top01);
  });

  it("counts quantiles of frequency over units", () => {
    const layer = clusteredFirings(createRandom(6, "quantiles"), { batch: 2, pos: 50, units: 21 }, (i) => i / 30);
    const f = sorted(layer.perUnit).map((c) => c / 100);
    expect(frequencies(layer).freq_q90).to.be.closeTo(quantile(f, 0.9), 1e-12);
  });

  it("has a design effect of 1 for independent tokens and T for tokens that are all alike", () => {
    const independent = clusteredFirings(createRandom(7, "deff"), { batch: 64, pos: 16, units: 400 }, () => 0.3);
    expect(designEffect(withSquares(independent))).to.be.closeTo(1, 0.05);
    // Half of the sequences fire every unit at all tokens: Var_b = 1/4 B/(B - 1).
    expect(designEffect(withSquares(firingsIn(maskOf(8, 16, 3, (b) => b < 4))))).to.be.closeTo((16 * 8) / 7, 1e-12);
    expect(designEffect(withSquares(firingsIn(maskOf(8, 16, 3, () => true))))).to.be.NaN;
  });

  it("calls units dormant relative to the layer's mean", () => {
    // Mean |activation| 1; scores 0, 0.02, 0.09, 3.89.
    expect(dormancy([0, 0.02, 0.09, 3.89])).to.deep.equal({ dormant_0: 0.25, dormant_025: 0.5, dormant_1: 0.75 });
    expect(dormancy([0, 0, 0])).to.deep.equal({ dormant_0: 1, dormant_025: 1, dormant_1: 1 });
  });
});
