import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { loadHubTokenizer } from "../../../core/data/tokenizers/hub.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/models");
const read = <T>(file: string) => JSON.parse(readFileSync(join(fixtures, file), "utf8")) as T;

describe("loadHubTokenizer", () => {
  const strings = read<string[]>("odd-strings.json");
  const folder = useTempDir();

  for (const [family, where] of [
    ["opt", "opt"],
    ["gpt2", "gpt2"],
    ["neox", "gpt_neox"],
    ["llama", "llama-relu"],
  ] as const) {
    it(`gives the ids that Hugging Face's own gives for 1000 odd strings, as ${family} has them`, async () => {
      const tokenizer = await loadHubTokenizer(join(fixtures, where));
      const expected = read<number[][]>(`odd-ids-${family}.json`);
      const wrong = strings.flatMap((text, i) => {
        const ids = [...tokenizer.leading, ...tokenizer.encode(text)];
        return String(ids) === String(expected[i]) ? [] : [{ text, ids, expected: expected[i] }];
      });
      expect(wrong.slice(0, 5)).to.deep.equal([]);
      expect(strings).to.have.length(1000);
    });
  }

  it("knows what a family puts before every text", async () => {
    expect((await loadHubTokenizer(join(fixtures, "opt"))).leading).to.deep.equal([2]);
    expect((await loadHubTokenizer(join(fixtures, "llama-relu"))).leading).to.deep.equal([1]);
    expect((await loadHubTokenizer(join(fixtures, "gpt2"))).leading).to.deep.equal([]);
  });

  it("decodes to the text that was encoded", async () => {
    const tokenizer = await loadHubTokenizer(join(fixtures, "gpt2"));
    for (const text of strings) expect(tokenizer.decode(tokenizer.encode(text))).to.equal(text);
  });

  it("says what it looked for, and which file is damaged", async () => {
    expect((await rejectedBy(loadHubTokenizer(folder()))).message).to.match(/expected tokenizer\.json, or vocab\.json/);
    writeFileSync(join(folder(), "tokenizer.json"), "{");
    expect((await rejectedBy(loadHubTokenizer(folder()))).message).to.match(/tokenizer\.json: cannot be read/);
    writeFileSync(join(folder(), "tokenizer.json"), '{"model":{"type":"Quantum"}}');
    expect((await rejectedBy(loadHubTokenizer(folder()))).message).to.match(/tokenizer\.json: cannot be read/);
  });
});
