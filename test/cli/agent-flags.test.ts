import { expect } from "chai";
import { withAgentFlags } from "../../cli/agent-flags.ts";

describe("withAgentFlags", () => {
  it("reads dotted flags and bare assignments as --set, of commands that take a config", () => {
    const given = ["train", "--train.lr=0.1", "model.n_layers=3", "--eval.every", "5", "--seed=3"];
    const set = ["train", "--set", "train.lr=0.1", "--set", "model.n_layers=3", "--set", "eval.every=5", "--seed=3"];
    expect(withAgentFlags(given)).to.deep.equal(set);
    const plugin = '--analyzers["./my.ts"].every=4';
    expect(withAgentFlags(["config", plugin])).to.deep.equal(["config", "--set", plugin.slice(2)]);
    expect(withAgentFlags(["show", "a.b=c"])).to.deep.equal(["show", "a.b=c"]);
  });

  it("leaves the values of other flags alone", () => {
    for (const given of [
      ["train", "--set", "train.lr=0.1"],
      ["train", "-c", "a.b=c.yaml"],
      ["sweep", "plan.yaml"],
    ]) {
      expect(withAgentFlags(given)).to.deep.equal(given);
    }
  });
});
