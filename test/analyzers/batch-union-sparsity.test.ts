import { expect } from "chai";
import { unionUse } from "../../plugins/analyzers/batch-union-sparsity/union-use.ts";
import { firingsIn, maskOf } from "./masks.ts";

describe("batch-union-sparsity", () => {
  it("counts a unit once a sequence and once a batch", () => {
    // Every token fires one unit of its own within the sequence; both sequences share units 0..3, unit 4 never fires.
    const layer = firingsIn(maskOf(2, 4, 5, (_, t, i) => i === t));
    const use = unionUse(layer);
    expect(use).to.deep.equal({
      use_token: 1 / 5,
      use_seq: 4 / 5,
      use_batch: 4 / 5,
      seq_over_token: 4,
      batch_over_seq: 1,
      batch_over_token: 4,
    });
  });

  it("separates sequences that share units from sequences that do not", () => {
    const apart = unionUse(firingsIn(maskOf(2, 4, 8, (b, t, i) => i === 4 * b + t)));
    expect([apart.use_token, apart.use_seq, apart.use_batch]).to.deep.equal([1 / 8, 1 / 2, 1]);
  });
});
