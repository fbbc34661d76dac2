import { expect } from "chai";
import { type Corpus, type Document, defineCorpus } from "../../../core/contract/corpus.ts";
import type { Split } from "../../../core/data/assemble.ts";
import { bitsPerByte, bytesPerToken } from "../../../core/data/bytes-per-token.ts";
import { type DatasetOptions, loadDataset } from "../../../core/data/dataset.ts";
import { corpusLine } from "../../../core/record/corpus.ts";
import { sotu } from "../../../plugins/corpora/sotu.ts";
import { corpusOf } from "../../helpers/corpus.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const load = (plugin: Corpus, options: Partial<DatasetOptions> = {}) =>
  loadDataset({
    corpus: { plugin, options: {} },
    baseDir: ".",
    tokenizer: "bytes",
    eval_fraction: 0.25,
    split_seed: 1,
    pack: true,
    n_ctx: 4,
    ...options,
  });

const texts = ["first text", "second text", "the third one", "a fourth", "no"];
const sum = (...lengths: readonly number[]) => lengths.reduce((a, b) => a + b);

describe("loadDataset", () => {
  it("counts documents, tokens and windows on each side", async () => {
    const { counts, d_vocab, train, eval: held } = await load(corpusOf(texts));
    expect(d_vocab).to.equal(256);
    expect(counts.train.tokens + counts.eval.tokens + counts.short.tokens).to.equal(sum(10, 11, 13, 8, 2));
    expect(counts.eval.tokens).to.be.within(8, 11);
    const inSpans = ({ starts, ends }: Split) => starts.reduce((total, start, i) => total + ends[i]! - start, 0);
    expect([inSpans(train), inSpans(held)]).to.deep.equal([counts.train.tokens, counts.eval.tokens]);
    expect(train.tokens).to.equal(held.tokens);
  });

  it("uses all of a corpus of short posts, and says that it joined them", async () => {
    const posts = Array.from({ length: 200 }, (_, i) => `post number ${i}`);
    const { counts, train, eval: held, notes } = await load(corpusOf(posts), { n_ctx: 32 });
    expect(counts.short).to.deep.equal({ documents: 0, tokens: 0 });
    expect(counts.packed).to.deep.equal({ documents: 200, tokens: sum(...posts.map(({ length }) => length)) });
    expect(corpusLine(counts)).to.contain("100 % of the text is used, 200 short documents joined");
    expect(notes).to.deep.equal([]);
    const textOf = ({ tokens, starts, ends }: Split) => Buffer.from(tokens.subarray(starts[0]!, ends[0]!)).toString();
    const parts = [train, held].map((side) => textOf(side).split("\0").filter(Boolean));
    expect(parts.flat().sort()).to.deep.equal(posts.toSorted());
    expect(parts[1]!.length / 200).to.be.closeTo(0.25, 0.02);
  });

  it("tells how far the fingerprint of a large text is, and nothing of a small one", async () => {
    const told: string[] = [];
    const phase = (text: string) => told.push(text);
    await load(corpusOf(texts), { phase });
    expect(told).to.deep.equal([]);
    const [length, chunk] = [2 ** 26 + 5, new Uint16Array(2 ** 19)];
    const ids = { length, subarray: (start: number, end: number) => chunk.subarray(0, end - start) };
    await load(corpusOf([ids, Uint16Array.of(1, 2, 3)], { d_vocab: 9 }), { phase, n_ctx: 2 ** 20 });
    expect(told[0]).to.equal("fingerprint, 1 %");
    expect(told.at(-1)).to.equal("looking for documents on both sides");
    const percents = told.slice(0, -1).map((text) => Number(/\d+/.exec(text)));
    expect(percents).to.deep.equal([...new Set(percents)].sort((a, b) => a - b));
    expect(percents).to.include(50).and.include(100);
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

  it("warns when it leaves out much of the text or holds out another share than was asked for", async () => {
    const posts = [...Array.from({ length: 50 }, () => "a short post"), "x".repeat(100), "y".repeat(60)];
    const { notes, counts } = await load(corpusOf(posts), { n_ctx: 16, pack: false });
    expect(counts.short).to.deep.equal({ documents: 50, tokens: 600 });
    expect(notes[0]).to.match(
      /^only 21\.1 % of the text is used: 50 documents \(600 tokens\) are shorter than a window/,
    );
    const few = await load(corpusOf(["one document", "two document"]), { eval_fraction: 0.01 });
    expect(few.notes).to.deep.equal([
      "25.0 % of the text is held out, data.eval_fraction asks for 1.0 %: the text is too short to be cut finer.",
    ]);
  });

  it("joins gpt2's documents with <|endoftext|>, or with the separator that is named", async () => {
    const posts = Array.from({ length: 40 }, (_, i) => ` hello${i % 2 ? " world" : ""}`);
    const joined = async (separator?: string) => {
      const { tokenizer, train } = await load(corpusOf(posts), { tokenizer: "gpt2", separator });
      return { d_vocab: tokenizer?.d_vocab, text: tokenizer?.decode(train.tokens.subarray(0, 6)) };
    };
    expect((await joined()).d_vocab).to.equal(3);
    expect((await joined()).text).to.match(/^( hello( world)?<\|endoftext\|>){2}/);
    expect((await joined("<|endoftext|>")).d_vocab).to.equal(3);
    expect((await joined("\n")).text).to.match(/^( hello( world)?\n){2}/);
  });

  it("holds out a corpus of its own where one is named", async () => {
    const other = { plugin: corpusOf(["another text", "no"]), options: {} };
    const { counts, source, train, eval: held } = await load(corpusOf(texts), { evalCorpus: other });
    expect(counts.train.documents).to.equal(4); // "no" does not come to a window
    expect(counts.eval).to.include({ documents: 1, tokens: 12 });
    expect(source.split).to.equal("corpora");
    expect(source.eval_corpus).to.deep.equal({ title: "given", corpus: "given" });
    const first = ({ tokens, starts, ends }: Split) => Buffer.from(tokens.subarray(starts[0]!, ends[0]!)).toString();
    expect([first(train), first(held)]).to.deep.equal(["first text", "another text"]);
  });

  it("takes token ids as they are, and joins them where the corpus ends documents with a separator", async () => {
    const ids = [Uint16Array.of(1, 2, 3, 4, 5), Uint16Array.of(9, 8, 7, 6, 5, 4)];
    const given = await load(corpusOf(ids, { d_vocab: 100 }), { tokenizer: "gpt2" });
    expect(given.d_vocab).to.equal(100);
    expect(given.source.tokenizer).to.equal("none");
    expect(given).not.to.have.any.keys("tokenizer");
    expect((await load(corpusOf(ids))).d_vocab).to.equal(10);
    const short = Array.from({ length: 20 }, () => Uint16Array.of(1, 2, 0));
    expect((await load(corpusOf(short, { separator: 0 }))).counts.packed.documents).to.equal(20);
    expect((await rejectedBy(load(corpusOf(short)))).message).to.contain("the longest 3");
  });

  it("hashes content, tokenizer and document ends apart from the split", async () => {
    const hash = async (documents: readonly Document[], options: Partial<DatasetOptions> = {}) =>
      (await load(corpusOf(documents), options)).hash;
    const splitHash = async (options: Partial<DatasetOptions> = {}) =>
      (await load(corpusOf(texts), options)).source.split_sha256;
    const base = await hash(texts);
    expect(base).to.match(/^[0-9a-f]{64}$/);
    expect(await hash(texts, { split_seed: 2, eval_fraction: 0.5, n_ctx: 2 })).to.equal(base);
    const moved = ["first tex", "tsecond text", ...texts.slice(2)];
    const others = [
      hash(texts.toReversed()),
      hash(moved),
      hash(texts, { tokenizer: "gpt2", n_ctx: 1 }),
      hash(["First text", ...texts.slice(1)]),
    ];
    expect(new Set([base, ...(await Promise.all(others))]).size).to.equal(5);
    const splits = [
      splitHash(),
      splitHash({ split_seed: 2 }),
      splitHash({ pack: false }),
      splitHash({ separator: "|" }),
    ];
    expect(new Set(await Promise.all(splits)).size).to.equal(4);
    // Compact ids are 0, 1, 2, ... in both: only their own numbers tell the texts apart.
    const one = await hash([" a b a b a b", " a b a b a b"], { tokenizer: "gpt2" });
    expect(await hash([" c d c d c d", " c d c d c d"], { tokenizer: "gpt2" })).not.to.equal(one);
  });

  it("says in plain JSON what it was made from", async () => {
    const { source, hash, counts } = await load(corpusOf(texts));
    const { split_sha256, ...said } = JSON.parse(JSON.stringify(source));
    expect(split_sha256).to.match(/^[0-9a-f]{64}$/);
    expect(said).to.deep.equal({
      title: "given",
      corpus: "given",
      tokenizer: "bytes",
      d_vocab: 256,
      documents: 5,
      split: "blocks",
      ...counts,
      sha256: hash,
    });
  });

  it("passes on what the corpus has to say, and tells of held-out documents that are trained on", async () => {
    const repeated = Array.from({ length: 12 }, () => "the same text each time");
    const { notes } = await load(corpusOf(repeated, { notes: ["one file was passed over."] }));
    expect(notes).to.deep.equal([
      "one file was passed over.",
      "3 held-out documents are also, word for word, in the training text.",
    ]);
  });

  it("refuses what cannot be trained on", async () => {
    const problem = async (corpus: Corpus, options: Partial<DatasetOptions> = {}) => {
      const { code, message } = await rejectedBy(load(corpus, options));
      return `${code} ${message}`;
    };
    const failing = defineCorpus({ ...corpusOf([]), load: () => Promise.reject(new Error("no network")) });
    expect(await problem(corpusOf([]))).to.equal("data.invalid corpus `given`: expected documents, got none.");
    expect(await problem(corpusOf(["", "abcd"]))).to.match(
      /^data\.invalid corpus `given`: expected at least 10 tokens.*got documents: 2 with 4 in all/,
    );
    expect(await problem(corpusOf(["abcde", Uint16Array.of(1)]))).to.match(
      /^plugin\.invalid .*all strings or all token ids/,
    );
    expect(await problem(corpusOf([Uint16Array.of(1, 2), Uint16Array.of(3, 7)], { d_vocab: 7 }))).to.equal(
      "data.invalid corpus `given`: expected ids below d_vocab = 7, got 7 in document 1.",
    );
    expect(await problem(failing)).to.equal("data.invalid corpus `given`: load failed: no network");
    expect(await problem(corpusOf([" a a a a a a a a a a a a"]), { tokenizer: "gpt2" })).to.equal(
      "data.invalid corpus `given`: expected at least two different tokens, got one: there is nothing to predict.",
    );
    expect(await problem(corpusOf([new Uint16Array(40)]))).to.match(/expected at least two different ids, got one/);
  });

  it("splits the default corpus", async () => {
    const { counts, source } = await load(sotu, { eval_fraction: 0.05, n_ctx: 64 });
    expect(counts.train.documents + counts.eval.documents).to.equal(233);
    expect(counts.eval.tokens / (counts.train.tokens + counts.eval.tokens)).to.be.closeTo(0.05, 0.0005);
    expect(source.split).to.equal("documents");
  });
});
