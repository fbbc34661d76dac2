import { expect } from "chai";
import { createProject, defaults } from "./project.ts";

describe("choosing plugins", () => {
  const project = createProject();
  const both = defaults.analyzers;

  it("accepts a name, a list, a list with options, and a map", async () => {
    const written = ["a", "[a]", "[{ a: {} }]", "[{ a: }]", "{ a: true }", "{ a: }", "{ a: {}, b: false }"];
    for (const analyzers of written) {
      await project.write(".experimentrc", `analyzers: ${analyzers}`);
      expect((await project.load()).config.analyzers, analyzers).to.deep.equal({ a: {} });
    }
  });

  it("lets a file's choice replace the defaults", async () => {
    await project.write(".experimentrc", "analyzers: { neuron-death: { every: 10 } }\nsinks: []");
    const { analyzers, sinks } = (await project.load()).config;
    expect(analyzers).to.deep.equal({ "neuron-death": { every: 10 } });
    expect(sinks).to.deep.equal({});
  });

  it("lets a flag change one plugin of a list, and the defaults", async () => {
    const flags = { set: ["analyzers.token-sparsity.every=5"] };
    expect((await project.load({ flags })).config.analyzers).to.deep.equal({ ...both, "token-sparsity": { every: 5 } });
    await project.write(".experimentrc", "analyzers: [neuron-death, token-sparsity]");
    expect((await project.load({ flags })).config.analyzers).to.deep.equal({
      "neuron-death": {},
      "token-sparsity": { every: 5 },
    });
  });

  it("removes a plugin with false, adds one with true, replaces all with a list", async () => {
    const analyzers = async (...set: string[]) => (await project.load({ flags: { set } })).config.analyzers;
    expect(await analyzers("analyzers.token-sparsity=false")).to.have.all.keys("batch-union-sparsity");
    expect(await analyzers("analyzers.neuron-death=true")).to.have.all.keys(...Object.keys(both), "neuron-death");
    expect(await analyzers("analyzers=[neuron-death]")).to.have.all.keys("neuron-death");
    expect(await analyzers("analyzers=false")).to.deep.equal({});
    expect(await analyzers("analyzers.a.x=1", "analyzers.a=true")).to.deep.include({ a: { x: 1 } });
  });

  it("takes one corpus: another name replaces it, the same name merges", async () => {
    await project.write(".experimentrc", "data: { corpus: { text: { files: [a.txt], field: t } } }");
    const corpus = async (...set: string[]) => (await project.load({ flags: { set } })).config.data.corpus;
    expect(await corpus('data.corpus.text.files=["b.txt"]')).to.deep.equal({ text: { files: ["b.txt"], field: "t" } });
    expect(await corpus("data.corpus=sotu")).to.deep.equal({ sotu: {} });
    expect(await corpus("data.corpus.tokens.file=x.bin")).to.deep.equal({ tokens: { file: "x.bin" } });
  });

  it("refuses two corpora and none", async () => {
    const expected = "data.corpus: expected one corpus: a name, or one name with its options, got";
    await project.write(".experimentrc", "data: { corpus: [a, b] }");
    expect((await project.faults())[0]).to.include(`.experimentrc: ${expected} \`{"a":{},"b":{}}\`.`);
    const flags = { set: ["data.corpus=false"] };
    expect((await project.faults({ flags }))[0]).to.equal(`--set: ${expected} \`{}\`.`);
  });

  it("matches plugins in environment variables without their punctuation", async () => {
    await project.write(".experimentrc", 'analyzers: ["./own/My-one.ts", token-sparsity]');
    const env = {
      EXPERIMENT_ANALYZERS__TOKEN_SPARSITY__EVERY: "2",
      EXPERIMENT_ANALYZERS__OWN_MY_ONE_TS__EVERY: "3",
      EXPERIMENT_ANALYZERS__NEURON_DEATH: "true",
    };
    expect((await project.load({ env })).config.analyzers).to.deep.equal({
      "./own/My-one.ts": { every: 3 },
      "token-sparsity": { every: 2 },
      "neuron-death": {},
    });
  });

  it("takes a path on the command line from the working directory", async () => {
    await project.write(".experimentrc", "analyzers: [./sub/mine.ts]");
    await project.write("sub/empty", "");
    const request = { cwd: `${project.dir}/sub`, flags: { set: ['analyzers["./mine.ts"].every=4'] } };
    expect((await project.load(request)).config.analyzers).to.deep.equal({ "./sub/mine.ts": { every: 4 } });
  });

  it("says what a choice and its options may be", async () => {
    await project.write(".experimentrc", "analyzers: 5\nsinks: { json: 5, console: { } }");
    expect(await project.faults()).to.deep.equal([
      ".experimentrc: analyzers: expected a plugin's name, a list of names, or a map from name to options, got `5`.",
      ".experimentrc: sinks.json: expected a map of options, true, or false to leave it out, got `5`.",
    ]);
    await project.write(".experimentrc", "analyzers: { a: { every: 0 } }");
    expect(await project.faults()).to.deep.equal([
      ".experimentrc: analyzers.a.every: expected a whole number >= 1, got `0`.",
    ]);
  });
});
