import { expect } from "chai";
import { sotu } from "../../../plugins/corpora/sotu.ts";
import { loadCorpus } from "../../helpers/corpus.ts";

describe("sotu", () => {
  it("gives all addresses, oldest first, and says where they come from", async () => {
    const { documents, source } = await loadCorpus(sotu, {}, ".");
    const texts = documents as readonly string[];
    expect(texts).to.have.length(233);
    expect(texts[0]).to.match(/^Fellow-Citizens of the Senate and House of Representatives: In meeting you again/);
    expect(texts[72]).to.contain("dogmas of the quiet past"); // Lincoln, 1862
    expect(texts.at(-1)).to.contain("American Rescue Plan"); // Biden, 2021
    expect(source.package).to.match(/^@stdlib\/datasets-sotu@\d/);
  });

  it("is the same corpus each time", async () => {
    const first = await loadCorpus(sotu, {}, ".");
    expect(await loadCorpus(sotu, {}, "/")).to.deep.equal(first);
  });
});
