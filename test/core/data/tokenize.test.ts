import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { z } from "zod";
import type { TokenIds } from "../../../core/arrays/token-ids.ts";
import type { Document } from "../../../core/contract/corpus.ts";
import { loadDataset } from "../../../core/data/dataset.ts";
import { inParts, loadEncoder } from "../../../core/data/tokenize/encoder.ts";
import { type TokenizeRequest, tokenizeToFiles } from "../../../core/data/tokenize/tokenize.ts";
import { tokens } from "../../../plugins/corpora/tokens.ts";
import { corpusOf, loadCorpus } from "../../helpers/corpus.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const opt = join(import.meta.dirname, "../../fixtures/models/opt");
const texts = [
  "It's the first text: 12 words,  some spaces\n and a \u{1F600} face.",
  "no",
  "<|endoftext|> is text here",
  ...Array.from({ length: 40 }, (_, i) =>
    `post number ${i} of those that came, and the ${i + 1}th ends now. `.repeat(4),
  ),
];

describe("tokenizeToFiles", function () {
  this.timeout(20_000); // threads that compile TypeScript
  const dir = useTempDir();
  const write = (more: Partial<TokenizeRequest> = {}, documents: readonly Document[] = texts) =>
    tokenizeToFiles({
      corpus: { documents, source: { title: "given" } },
      name: "given",
      tokenizer: "bytes",
      output: join(dir(), "out.bin"),
      shardTokens: 2 ** 30,
      threads: 2,
      force: false,
      ...more,
    });
  const read = async (files = "out*.bin") =>
    (await loadCorpus(tokens, { files }, dir())).documents.map((document) => {
      const ids = document as TokenIds;
      return Array.from(ids.subarray(0, ids.length));
    });
  const problem = async (work: Promise<unknown>) => {
    const { code, message } = await rejectedBy(work);
    return `${code} ${message.replaceAll(`${dir()}/`, "")}`;
  };

  for (const tokenizer of ["bytes", "gpt2", opt])
    it(`writes each document's own ids and what ends it: ${tokenizer.slice(-5)}`, async () => {
      const written = await write({ tokenizer });
      const { encode, separator, d_vocab } = await loadEncoder(tokenizer);
      expect(await read()).to.deep.equal(texts.map((text) => [...Array.from(encode(text)), separator]));
      expect(written).to.deep.include({ documents: texts.length, d_vocab, separator, dtype: "uint16", notes: [] });
      expect(readdirSync(dir())).to.have.members(["out.bin", "out.json"]);
      const { source, d_vocab: known, separator: end } = await loadCorpus(tokens, { files: "out.bin" }, dir());
      expect([known, end]).to.deep.equal([d_vocab, separator]);
      expect(source.tokenized).to.deep.equal({ tokenizer, title: "given" });
    });

  it("gives the stream of tokens that the run itself would make", async () => {
    await write();
    const options = {
      baseDir: dir(),
      tokenizer: "bytes",
      eval_fraction: 0.5,
      split_seed: 1,
      pack: true,
      n_ctx: 400,
    } as const;
    const streamOf = async (corpus: Parameters<typeof loadDataset>[0]["corpus"]) => {
      const { train } = await loadDataset({ ...options, corpus, evalCorpus: corpus });
      expect(train.starts).to.have.length(1);
      return Array.from(train.tokens.subarray(0, train.ends[0]!));
    };
    const own = await streamOf({ plugin: corpusOf(texts), options: {} });
    const parsed = (tokens.options as z.ZodType).parse({ files: "out.bin" });
    expect(await streamOf({ plugin: tokens, options: parsed })).to.deep.equal(own);
  });

  it("cuts long texts only where no token is", async () => {
    const { encode } = await loadEncoder("gpt2");
    const long = `${texts.join(" \n ")} 漢字漢字 a  b\t c 's it's`;
    const parts = [...inParts(long, "gpt2", 7)];
    expect(parts.length).to.be.above(500);
    expect(parts.join("")).to.equal(long);
    expect(parts.flatMap((part) => Array.from(encode(part)))).to.deep.equal(Array.from(encode(long)));
    expect([...inParts(long, opt, 7)]).to.deep.equal([long]);
  });

  it("ends a file with the document that fills it, and names all of them in order", async () => {
    const { files, shards, tokens: all } = await write({ shardTokens: 300 });
    expect(shards.length).to.be.above(5);
    expect(files.map((file) => file.slice(dir().length + 1))).to.deep.equal([
      ...shards.map(({ file }) => file),
      "out.json",
    ]);
    expect(shards[1]!.file).to.equal("out-00001.bin");
    expect(shards.reduce((sum, shard) => sum + shard.tokens, 0)).to.equal(all);
    const inShards = await read();
    await write({ output: join(dir(), "one.bin") });
    expect(await read("one.bin")).to.deep.equal(inShards);
    rmSync(join(dir(), "out-00002.bin"));
    expect(await problem(read())).to.equal(
      "data.invalid out-00000.bin: out.json beside it names out-00002.bin, which is not there. Bring it back, or tokenize the text again.",
    );
  });

  it("replaces its own files with --force, and nobody else's", async () => {
    await write({ shardTokens: 300 });
    expect(await problem(write())).to.equal(
      "usage out-00000.bin is here already. Name another with -o, or replace it with --force.",
    );
    await write({ force: true });
    expect(readdirSync(dir())).to.have.members(["out.bin", "out.json"]);
    writeFileSync(join(dir(), "books.json"), '["a text of mine"]');
    expect(await problem(write({ output: join(dir(), "books.bin"), force: true }))).to.equal(
      "usage books.json is here already. Name another with -o: this one is not of `experiment tokenize`.",
    );
    expect(readFileSync(join(dir(), "books.json"), "utf8")).to.equal('["a text of mine"]');
    truncateSync(join(dir(), "books.json"), 10 * 2 ** 30); // more than could be read whole
    expect(await problem(write({ output: join(dir(), "books.bin") }))).to.match(/^usage books\.json is here already/);
  });

  it("leaves nothing where it fails or is told to stop, and sweeps what a killed one has left", async () => {
    const gone = join(dir(), ".out.partial-999999999");
    mkdirSync(gone);
    writeFileSync(join(gone, "0"), "half");
    const controller = new AbortController();
    const stopped = write(
      { signal: controller.signal, progress: () => controller.abort(new Error("stop")), shardTokens: 100 },
      Array.from({ length: 8 }, () => "many words in one text ".repeat(60_000)),
    );
    expect(await stopped.catch((thrown: Error) => thrown.message)).to.equal("stop");
    expect(await problem(write({}, ["", ""]))).to.equal("data.invalid corpus `given`: expected text, got none.");
    expect(await problem(write({}, [Uint16Array.of(1)]))).to.equal(
      "data.invalid corpus `given`: expected text, got token ids: it is tokenized already.",
    );
    expect(await problem(write({ tokenizer: "gpt3" }))).to.match(
      /^usage --tokenizer: expected bytes, gpt2, or the folder/,
    );
    if (process.platform === "linux")
      expect(await problem(write({ output: "/proc/nowhere/out.bin" }))).to.match(
        /^run\.io \/proc\/nowhere\/out\.bin: cannot write: /,
      );
    expect(readdirSync(dir())).to.deep.equal([]);
    expect(existsSync(gone)).to.equal(false);
  });

  it("tells where the text holds the separator itself", async () => {
    const { notes } = await write({ tokenizer: opt }, ["one</s>two", "three"]);
    expect(notes).to.deep.equal([
      "1 stretches of the text hold the separator (id 2) themselves: `tokens` ends documents there too.",
    ]);
  });

  it("is refused by the corpus `tokens` when the files are not what stands beside them", async () => {
    await write();
    const json = join(dir(), "out.json");
    const said = JSON.parse(readFileSync(json, "utf8"));
    const beside = (value: unknown) => writeFileSync(json, JSON.stringify(value));
    beside({ ...said, d_vocab: 1e9 });
    expect(await problem(read())).to.match(
      /^data\.invalid out\.json beside out\.bin: d_vocab: .* written by another version/,
    );
    beside({ ...said, shards: [{ ...said.shards[0], file: "../../etc/passwd" }] });
    expect(await problem(read())).to.match(/^data\.invalid out\.json beside out\.bin: shards\.0\.file: /);
    beside({ ...said, d_vocab: 100 });
    expect(await problem(read())).to.match(
      /^data\.invalid out\.bin: expected ids below d_vocab = 100, got \d+ at token/,
    );
    beside({ mine: true });
    expect(await read()).to.have.length(1);
    beside(said);
    truncateSync(join(dir(), "out.bin"), 1000);
    expect(await problem(read())).to.match(
      /^data\.invalid out\.bin: expected \d+ bytes, \d+ tokens by out\.json, got 1000/,
    );
    await write({ output: join(dir(), "b.bin") });
    await write({ output: join(dir(), "c.bin"), tokenizer: opt });
    expect(await problem(read("[bc].bin"))).to.equal(
      `data.invalid c.bin: expected one vocabulary, got tokenizer bytes, d_vocab 256, separator 0 for b.bin and tokenizer ${opt}, d_vocab 300, separator 2 for it.`,
    );
  });
});
