import { expect } from "chai";
import type { RunSummary } from "../../viewer/api.ts";
import { fitsQuery, metricsIn, type Vocabulary } from "../../viewer/query/fits.ts";
import { parseQuery } from "../../viewer/query/parse.ts";

const words: Vocabulary = {
  shared: { "model.n_layers": 4 },
  configKeys: ["train.lr", "seed"],
  metrics: ["eval/loss", "token_sparsity/use_token"],
};
const run = (name: string, lr: number, more: Partial<RunSummary> = {}): RunSummary => ({
  id: `id-${name}`,
  name,
  state: "finished",
  createdAt: 1,
  updatedAt: 1,
  step: 100,
  steps: 100,
  tokens: 1,
  loss: 2,
  evalLoss: 2.5,
  config: { "train.lr": lr, seed: 1 },
  tags: [],
  note: "",
  archived: false,
  ...more,
});
const runs = [
  run("base", 1e-3, { tags: ["paper", "old"] }),
  run("high", 1e-2, { state: "failed" }),
  run("seed=3", 1e-1),
];
const losses: Record<string, number> = { "id-base": 2.9, "id-high": 3.4 };
const found = (search: string) => {
  const query = parseQuery(search);
  metricsIn(query, words);
  return runs.filter((one) => fitsQuery(query, one, words, (_, { id }) => losses[id])).map(({ name }) => name);
};

describe("parseQuery", () => {
  it("joins conditions on metrics and config by and, or, not and parentheses", () => {
    expect(found("eval/loss < 3 and train.lr >= 1e-3")).to.deep.equal(["base"]);
    expect(found("lr>=0.01 or tag=paper")).to.deep.equal(["base", "high", "seed=3"]);
    expect(found("not (state:failed or tag = paper)")).to.deep.equal(["seed=3"]);
    expect(found("min(eval/loss)<3 n_layers=4")).to.deep.equal(["base"]);
    expect(found("eval/loss@50 > 3")).to.deep.equal(["high"]);
  });

  it("takes words, quoted text and regular expressions", () => {
    expect(found("hig fail")).to.deep.equal(["high"]);
    expect(found('"seed=3"')).to.deep.equal(["seed=3"]);
    expect(found("name ~ /^(base|high)$/ and state !~ fail")).to.deep.equal(["base"]);
    expect(found("/ED=\\d/")).to.deep.equal(["seed=3"]);
    expect(found("tag != old"), "no tag of the run is the one").to.deep.equal(["high", "seed=3"]);
    expect(found("")).to.have.length(3);
  });

  it("says why a search is not understood, and where", () => {
    const fault = (search: string) => {
      try {
        found(search);
      } catch (thrown) {
        return `${(thrown as Error).message} @${(thrown as { at: number }).at}`;
      }
      return "understood";
    };
    expect(fault("eval/los < 3")).to.equal("nothing is called `eval/los`; did you mean `eval/loss`? @0");
    expect(fault("lr <")).to.equal("`<` needs a value after it @4");
    expect(fault("lr < high")).to.equal("`<` compares numbers, and `high` is none @5");
    expect(fault("(lr < 1")).to.equal("a parenthesis is not closed @0");
    expect(fault("lr < 1 or")).to.equal("a condition is missing here @9");
    expect(fault("and lr<1")).to.equal("`and` needs something before it @0");
    expect(fault("name ~ /[/")).to.match(/Unterminated character class.* @7|missing.* @7/);
    expect(fault("name ~ /a")).to.equal("a regular expression ends with `/`, as in /lr=.*1/ @7");
    expect(fault("lr < 1)")).to.equal("`)` closes nothing @6");
  });
});
