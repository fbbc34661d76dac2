import { expect } from "chai";
import { type Corpus, type Document, defineCorpus } from "../../../core/contract/corpus.ts";
import { bitsPerByte, bytesPerToken } from "../../../core/data/bytes-per-token.ts";
import { type DatasetOptions, loadDataset } from "../../../core/data/dataset.ts";
import { sotu } from "../../../plugins/corpora/sotu.ts";
import { corpusOf } from "../../helpers/corpus.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const load = (corpus: Corpus, options: Partial<DatasetOptions> = {}) =>
  loadDataset({
    corpus,
    options: {},
    baseDir: ".",
    tokenizer: "bytes",
    eval_fraction: 0.25,
    n_ctx: 4,
    seed: 1,
    ...options,
  });

const texts = ["first text", "second text", "the third one", "a fourth", "no"];

describe("loadDataset", () => {
  it("counts documents, tokens and windows on each side, and what is too short for either", async () => {
    const { counts, d_vocab, train, eval: held } = await load(corpusOf(texts));
    expect(d_vocab).to.equal(256);
    expect(counts.short).to.deep.equal({ documents: 1, tokens: 2 });
    expect([counts.train.documents, counts.eval.documents]).to.deep.equal([3, 1]);
    expect(counts.train.tokens + counts.eval.tokens).to.equal(10 + 11 + 13 + 8);
    expect(counts.train.windows + counts.eval.windows).to.equal(2 + 2 + 3 + 1);
    expect(held.ends[0]! - held.starts[0]!).to.equal(counts.eval.tokens);
    expect(train.tokens).to.equal(held.tokens);
  });

  it("knows the bytes of the tokens that are predicted, of whichever text they are", async () => {
    const words = Array.from({ length: 20 }, (_, i) => `${" hello world".repeat(5 + i)}`);
    const targets = { shape: [1, 3], data: Int32Array.of(0, 1, 1) };
    const bytes = await load(corpusOf(words));
    expect(bytesPerToken(targets, bytes.tokenizer)).to.equal(1);
    const bpe = await load(corpusOf(words), { tokenizer: "gpt2" });
    expect(bpe.d_vocab).to.equal(2);
    expect(bytesPerToken(targets, bpe.tokenizer)).to.equal(6); // " hello" and " world"
    expect(bytesPerToken(targets, undefined)).to.equal(undefined);
    expect(bitsPerByte(Math.LN2 * 3, 6)).to.equal(0.5);
  });

  it("takes token ids as they are", async () => {
    const ids = [Uint16Array.of(1, 2, 3, 4, 5), Uint16Array.of(9, 8, 7, 6, 5, 4)];
    const given = await load(corpusOf(ids, 100), { tokenizer: "gpt2" });
    expect(given.d_vocab).to.equal(100);
    expect(given.source.tokenizer).to.equal("none");
    expect(given).not.to.have.any.keys("tokenizer");
    expect((await load(corpusOf(ids))).d_vocab).to.equal(10);
  });

  it("hashes content, tokenizer and document ends, not the split", async () => {
    const hash = async (documents: readonly Document[], options: Partial<DatasetOptions> = {}) =>
      (await load(corpusOf(documents), options)).hash;
    const base = await hash(texts);
    expect(base).to.match(/^[0-9a-f]{64}$/);
    expect(await hash(texts, { seed: 2, eval_fraction: 0.5, n_ctx: 2 })).to.equal(base);
    const moved = ["first tex", "tsecond text", ...texts.slice(2)];
    const others = [
      hash(texts.toReversed()),
      hash(moved),
      hash(texts, { tokenizer: "gpt2", n_ctx: 1 }),
      hash(["First text", ...texts.slice(1)]),
    ];
    expect(new Set([base, ...(await Promise.all(others))]).size).to.equal(5);
    // Compact ids are 0, 1, 2, ... in both: only the vocabulary tells the texts apart.
    const one = await hash([" a a a a a a", " a a a a a a"], { tokenizer: "gpt2" });
    expect(await hash([" b b b b b b", " b b b b b b"], { tokenizer: "gpt2" })).not.to.equal(one);
  });

  it("says in plain JSON what it was made from", async () => {
    const { source, hash, counts } = await load(corpusOf(texts));
    expect(JSON.parse(JSON.stringify(source))).to.deep.equal({
      title: "given",
      corpus: "given",
      tokenizer: "bytes",
      d_vocab: 256,
      split: "documents",
      ...counts,
      sha256: hash,
    });
  });

  it("refuses what cannot be trained on", async () => {
    const problem = async (corpus: Corpus) => {
      const { code, message } = await rejectedBy(load(corpus));
      return `${code} ${message}`;
    };
    const failing = defineCorpus({ ...corpusOf([]), load: () => Promise.reject(new Error("no network")) });
    expect(await problem(corpusOf([]))).to.equal("data.invalid corpus `given`: expected documents, got none.");
    expect(await problem(corpusOf(["", "abcd"]))).to.match(
      /^data\.invalid corpus `given`: expected two .*got 2 with 4 in all/,
    );
    expect(await problem(corpusOf(["abcde", Uint16Array.of(1)]))).to.match(
      /^plugin\.invalid .*all strings or all Uint16Array/,
    );
    expect(await problem(corpusOf([Uint16Array.of(1, 2), Uint16Array.of(3, 7)], 7))).to.equal(
      "data.invalid corpus `given`: expected ids below d_vocab = 7, got 7 in document 1.",
    );
    expect(await problem(failing)).to.equal("data.invalid corpus `given`: load failed: no network");
  });

  it("splits the default corpus", async () => {
    const { counts, source } = await load(sotu, { eval_fraction: 0.05, n_ctx: 64 });
    expect([counts.train.documents, counts.eval.documents, counts.short.documents]).to.deep.equal([221, 12, 0]);
    expect(source.split).to.equal("documents");
  });
});
