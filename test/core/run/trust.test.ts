import { expect } from "chai";
import type { RunFile } from "../../../core/record/format.ts";
import { sealedRun, vouched } from "../../../core/run/trust.ts";
import { builtIns } from "../../../plugins/index.ts";
import { runFileOf } from "../../helpers/run-file.ts";
import { thrownBy } from "../../helpers/thrown.ts";

describe("vouched", () => {
  const runWith = (config: object): RunFile => runFileOf({ config: { data: { corpus: { sotu: {} } }, ...config } });
  const own = (config: object) => ({
    present: { config: { runs: "runs", ...config }, baseDir: "/home/me/p", sources: {}, file: undefined } as never,
  });
  const problems = (run: RunFile, word = own({})) => thrownBy(() => vouched(run, word, builtIns)).message;

  it("follows what the user's seal is on, wherever it leads", () => {
    const run = sealedRun(runWith({ sinks: { "./x.mjs": { url: "http://there" } } }));
    expect(vouched(run, own({}), builtIns)).to.deep.include({ baseDir: run.baseDir, whole: true });
    const forged = { ...run, config: { ...run.config, sinks: { "./y.mjs": {} } } };
    expect(problems(forged)).to.include("code: sink `./y.mjs`");
    expect(problems({ ...run, baseDir: "/elsewhere" })).to.include("./x.mjs");
  });

  it("follows paths of a text only within the user's project", () => {
    const files = ["/etc/hostname", "../*.txt", "{/etc,corpus}/*", "~/x.txt", "corpus/../../x", "(a|/etc)/*"];
    for (const path of files) {
      const run = runWith({ data: { corpus: { text: { files: [path] } } } });
      expect(problems(run), path).to.include(`data.corpus.text.files.0: a path outside of this project: \`${path}\``);
    }
    const inside = runWith({ data: { corpus: { text: { files: ["a/*.txt", "/home/me/p/b.txt", "c..d"] } } } });
    expect(vouched(inside, own({}), builtIns)).to.deep.include({ baseDir: "/home/me/p", whole: false });
  });

  it("names every place that rows would go to, and what the user's own config says there", () => {
    const sinks = { wandb: { base_url: "http://there", project: "theirs", entity: "them", tags: ["x"], bins: 3 } };
    const message = problems(runWith({ sinks }), own({ sinks: { wandb: { project: "mine" } } }));
    expect(message.split("\n").slice(1, -1)).to.deep.equal([
      "  sinks.wandb.base_url: an address: `http://there`",
      "  sinks.wandb.project: where rows go: `theirs`, yours: `mine`",
      "  sinks.wandb.entity: where rows go: `them`",
    ]);
    expect(vouched(runWith({ sinks }), own({ sinks }), builtIns).whole).to.equal(false);
    expect(vouched(runWith({ sinks }), { trust: true }, builtIns).whole).to.equal(true);
  });

  it("sees code and places in every form that a config takes", () => {
    for (const corpus of ["./x.mjs", ["./x.mjs"], [{ "./x.mjs": {} }], { "./x.mjs": null }]) {
      expect(problems(runWith({ data: { corpus } })), JSON.stringify(corpus)).to.include("code: corpus `./x.mjs`");
    }
    expect(problems(runWith({ train: { optimizer: "./x.mjs" } }))).to.include("code: optimizer `./x.mjs`");
    const tokenizer = { name: "/etc/tokenizer.json" };
    expect(problems(runWith({ data: { corpus: "sotu", tokenizer } }))).to.include(
      "data.tokenizer.name: a path outside",
    );
  });

  it("puts what is made of the run into the user's own folder of runs", () => {
    const { config } = vouched(runWith({ runs: "/somewhere/else" }), own({}), builtIns);
    expect(config.runs).to.equal("/home/me/p/runs");
  });
});
