import { expect } from "chai";
import { Tiktoken } from "js-tiktoken/lite";
import r50k from "js-tiktoken/ranks/r50k_base";
import { createRandom } from "../../../core/arrays/random.ts";
import { longestStretch } from "../../../core/data/tokenizers/byte-pairs.ts";
import { bytes } from "../../../core/data/tokenizers/bytes.ts";
import { loadGpt2 } from "../../../core/data/tokenizers/gpt2.ts";
import { compactIds, loadTokenizer, tokenize } from "../../../core/data/tokenizers/load.ts";
import type { Tokenizer } from "../../../core/data/tokenizers/tokenizer.ts";
import { namedVocabulary, vocabularyOf } from "../../../core/data/tokenizers/vocabulary.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const samples = [
  "",
  "Hello, world! It's 1790; we'll see.",
  "  leading,   inner and trailing   \n\n\t ",
  "naïve façade — “quotes” … 🙂👩‍👩‍👧 \u0000\u007f\r\n",
  "日本語の文章。中文没有空格因此一个词可以很长很长很长",
  "<|endoftext|> is text here",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa----------------================",
  randomText(2000),
];

/** Letters from several alphabets in runs of all lengths: text that no vocabulary foresaw. */
function randomText(length: number): string {
  const random = createRandom(7, "test text");
  const alphabet = Array.from("abcdefghijklmnopqrstuvwxyzABC äßéαβγжш中文字🙂0123456789.,;'  \n");
  return Array.from({ length }, () => alphabet[random.integer(alphabet.length)]).join("");
}

function isLossless(tokenizer: Tokenizer, text: string): void {
  const ids = tokenizer.encode(text);
  expect(tokenizer.decode(ids)).to.equal(text);
  expect(tokenizer.byteLength(ids)).to.equal(Buffer.byteLength(text));
  expect(ids.every((id) => id < tokenizer.d_vocab)).to.equal(true);
}

describe("bytes", () => {
  it("gives back what it encoded", () => {
    for (const text of samples) isLossless(bytes, text);
  });

  it("is UTF-8", () => {
    expect(Array.from(bytes.encode("é1"))).to.deep.equal([0xc3, 0xa9, 0x31]);
  });
});

describe("loadGpt2", () => {
  let gpt2: Tokenizer;
  before(async () => {
    gpt2 = await loadGpt2();
  });

  it("gives back what it encoded, also words that are merged in stretches", () => {
    for (const text of [...samples, "xyz".repeat(longestStretch)]) isLossless(gpt2, text);
  });

  it("gives the ids that js-tiktoken gives", () => {
    const reference = new Tiktoken(r50k);
    for (const text of samples) expect(Array.from(gpt2.encode(text))).to.deep.equal(reference.encode(text, [], []));
  });

  it("gives GPT-2's published ids", () => {
    expect(Array.from(gpt2.encode("Hello, world!"))).to.deep.equal([15496, 11, 995, 0]);
    expect(Array.from(gpt2.separator)).to.deep.equal([50256]);
    expect(gpt2.d_vocab).to.equal(50257);
  });

  it("replaces an unpaired surrogate, which UTF-8 cannot hold", () => {
    expect(gpt2.decode(gpt2.encode("a\ud800b"))).to.equal("a\ufffdb");
  });
});

/** As a dataset does it. */
async function compact(texts: readonly string[], name: "bytes" | "gpt2") {
  const whole = await tokenize(texts, name);
  return { documents: whole.documents, tokenizer: compactIds(whole) };
}

describe("compactIds", () => {
  it("compacts GPT-2's ids to those that occur, one to one", async () => {
    const gpt2 = await loadGpt2();
    const { tokenizer, documents } = await compact(samples, "gpt2");
    const vocabulary = Array.from(tokenizer.vocabulary!);
    expect(vocabulary).to.deep.equal([...new Set(vocabulary)].sort((a, b) => a - b));
    expect(tokenizer.d_vocab).to.equal(vocabulary.length);
    const used = new Set<number>();
    samples.forEach((text, i) => {
      const ids = Array.from(documents[i]!);
      for (const id of ids) used.add(id);
      expect(ids.map((id) => vocabulary[id])).to.deep.equal(Array.from(gpt2.encode(text)));
      expect(tokenizer.encode(text)).to.deep.equal(documents[i]);
      isLossless(tokenizer, text);
    });
    expect(used.size).to.equal(tokenizer.d_vocab);
  });

  it("leaves the ids of bytes alone", async () => {
    const { tokenizer, documents } = await compact(["b"], "bytes");
    expect(tokenizer.d_vocab).to.equal(256);
    expect(Array.from(documents[0]!)).to.deep.equal([98]);
  });
});

describe("vocabularyOf", () => {
  it("tells what each id stands for, as text or as bytes that are no text: put together they are what was encoded", async () => {
    for (const { tokenizer, documents } of [await compact(samples, "bytes"), await compact(samples, "gpt2")]) {
      const vocabulary = vocabularyOf(tokenizer);
      expect(vocabulary).to.have.length(tokenizer.d_vocab);
      for (const [i, text] of samples.entries()) {
        const pieces = Array.from(documents[i]!, (id) => Buffer.from(vocabulary[id]! as string));
        expect(Buffer.concat(pieces).toString()).to.equal(text);
      }
    }
    expect([0x41, 0xc3].map((id) => vocabularyOf(bytes)[id])).to.deep.equal(["A", [0xc3]]);
    expect(await namedVocabulary("a/folder")?.()).to.equal(undefined);
    expect((await namedVocabulary("gpt2")!())[50_256]).to.equal("<|endoftext|>");
  });
});

describe("loadTokenizer", () => {
  it("decodes a run's ids from its vocabulary alone", async () => {
    const { tokenizer, documents } = await compact(["one two three"], "gpt2");
    const again = await loadTokenizer("gpt2", tokenizer.vocabulary);
    expect(again.decode(documents[0]!)).to.equal("one two three");
  });

  it("refuses a token that the vocabulary lacks, by name", async () => {
    const { tokenizer } = await compact(["one two"], "gpt2");
    const again = await loadTokenizer("gpt2", tokenizer.vocabulary);
    const { code, message } = thrownBy(() => again.encode("one three"));
    expect(code).to.equal("data.invalid");
    expect(message).to.contain("never has the token ` three`");
  });
});
