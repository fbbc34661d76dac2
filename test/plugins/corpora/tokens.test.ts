import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { z } from "zod";
import type { TokenIds } from "../../../core/arrays/token-ids.ts";
import type { Document } from "../../../core/contract/corpus.ts";
import { loadDataset } from "../../../core/data/dataset.ts";
import { createSampler } from "../../../core/data/sampler.ts";
import { evalWindows } from "../../../core/data/windows.ts";
import { tokens } from "../../../plugins/corpora/tokens.ts";
import { loadCorpus } from "../../helpers/corpus.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy, thrownBy } from "../../helpers/thrown.ts";

describe("tokens", () => {
  const dir = useTempDir();
  const put = (name: string, ids: readonly number[]) => {
    const bytes = Buffer.alloc(ids.length * 2);
    for (const [i, id] of ids.entries()) bytes.writeUInt16LE(id, i * 2);
    writeFileSync(join(dir(), name), bytes);
  };
  const parsed = (options: object) => (tokens.options as z.ZodType).parse(options);
  const load = (options: object) => loadCorpus(tokens, options, dir());
  const idsOf = (document: Document) => Array.from((document as TokenIds).subarray(0, document.length));
  const lists = async (options: object) => (await load(options)).documents.map(idsOf);
  const problem = async (options: object) => {
    const { code, message } = await rejectedBy(lists(options));
    expect(code).to.equal("data.invalid");
    return message;
  };

  it("reads little-endian uint16, files in the order of their names", async () => {
    put("b.bin", [5]);
    put("a.bin", [1, 256, 65535]);
    expect(await lists({ files: "." })).to.deep.equal([[1, 256, 65535], [5]]);
  });

  it("cuts a file without separator into equal documents that lose nothing", async () => {
    const ids = Array.from({ length: 11 }, (_, i) => i);
    put("a.bin", ids);
    const documents = await lists({ files: "a.bin", span: 4 });
    expect(documents.map(({ length }) => length)).to.deep.equal([3, 4, 4]);
    expect(documents.flat()).to.deep.equal(ids);
  });

  it("ends documents at the separator, which stays", async () => {
    put("a.bin", [1, 2, 0, 0, 3]);
    expect(await lists({ files: "a.bin", separator: 0 })).to.deep.equal([[1, 2, 0], [0], [3]]);
  });

  it("passes d_vocab on and refuses an id that is not below it", async () => {
    put("a.bin", [1, 7, 9, 2]);
    expect((await load({ files: "a.bin", d_vocab: 10 })).d_vocab).to.equal(10);
    expect(await load({ files: "a.bin" })).not.to.have.property("d_vocab");
    expect(await problem({ files: "a.bin", d_vocab: 9 })).to.equal(
      "a.bin: expected ids below d_vocab = 9, got 9 at token 2.",
    );
  });

  const ids = Array.from({ length: 40 }, (_, i) => (i * 37) % 300);
  const wide = Buffer.from(Uint32Array.from(ids).buffer);
  const narrow = Buffer.from(Uint16Array.from(ids).buffer);

  it("knows llm.c's shards by their header", async () => {
    const header = (magic: number, count: number) => {
      const bytes = Buffer.alloc(1024);
      [magic, 1, count].forEach((value, i) => {
        bytes.writeInt32LE(value, 4 * i);
      });
      return bytes;
    };
    writeFileSync(join(dir(), "gpt2.bin"), Buffer.concat([header(20240520, 40), narrow]));
    writeFileSync(join(dir(), "llama.bin"), Buffer.concat([header(20240801, 40), wide]));
    writeFileSync(join(dir(), "cut.bin"), Buffer.concat([header(20240520, 41), narrow]));
    expect(await lists({ files: "gpt2.bin" })).to.deep.equal([ids]);
    expect(await lists({ files: "llama.bin" })).to.deep.equal([ids]);
    expect(await problem({ files: "cut.bin" })).to.equal(
      "cut.bin: expected llm.c shard token ids, 2 bytes each (41 by its header), got 80 bytes. It may be cut off.",
    );
  });

  it("reads NumPy's arrays of one dimension, by their header", async () => {
    const numpy = (descr: string, shape: string, body: Uint8Array) => {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
      return Buffer.concat([
        Buffer.from("\u0093NUMPY\u0001\u0000\u0076\u0000", "latin1"),
        Buffer.from(`${header}\n`),
        body,
      ]);
    };
    const long = Buffer.from(BigInt64Array.from(ids, BigInt).buffer);
    for (const [name, descr, body] of [
      ["a.npy", "<u2", narrow],
      ["b.npy", "<u4", wide],
      ["c.bin", "<i8", long],
    ] as const) {
      writeFileSync(join(dir(), name), numpy(descr, "(40,)", body));
      expect(await lists({ files: name })).to.deep.equal([ids]);
    }
    writeFileSync(join(dir(), "f.npy"), numpy("<f4", "(40,)", wide));
    writeFileSync(join(dir(), "two.npy"), numpy("<u2", "(4, 10)", narrow));
    for (const name of ["f.npy", "two.npy"])
      expect(await problem({ files: name })).to.contain("expected a NumPy array");
  });

  it("takes ids whose every second half is zero for uint32, says so, and lets dtype say otherwise", async () => {
    writeFileSync(join(dir(), "a.bin"), wide);
    const loaded = await load({ files: "a.bin" });
    expect(loaded.documents.map(idsOf)).to.deep.equal([ids]);
    expect(loaded.notes).to.deep.equal([
      "a.bin: every second 16 bits are zero, so read as uint32. `dtype` says otherwise.",
    ]);
    expect(loaded.source.formats).to.deep.equal(["uint32"]);
    expect((await load({ files: "a.bin", dtype: "uint16" })).documents[0]).to.have.length(80);
    expect(await load({ files: "a.bin", dtype: "uint32" })).not.to.have.property("notes");
  });

  it("reads vocabularies above 65536, as uint32 where d_vocab says that they are", async () => {
    const ids = [1, 70_000, 128_255, 3];
    writeFileSync(join(dir(), "a.bin"), Buffer.from(Uint32Array.from(ids).buffer));
    expect(await lists({ files: "a.bin", dtype: "uint32" })).to.deep.equal([ids]);
    expect(await lists({ files: "a.bin", d_vocab: 128_256, separator: 70_000 })).to.deep.equal([
      ids.slice(0, 2),
      ids.slice(2),
    ]);
    expect(await problem({ files: "a.bin", d_vocab: 128_000 })).to.equal(
      "a.bin: expected ids below d_vocab = 128000, got 128255 at token 2.",
    );
  });

  it("refuses text, ids that no vocabulary has, and a file twice", async () => {
    writeFileSync(join(dir(), "a.bin"), "This is a text and no file of token ids, as everybody can see here.\n");
    expect(await problem({ files: "a.bin" })).to.equal(
      "a.bin: expected token ids, got what reads as text. Use the corpus `text`.",
    );
    const large = Buffer.from(wide);
    large.writeUInt32LE(3_735_928_559, 4 * 7);
    writeFileSync(join(dir(), "a.bin"), large);
    expect(await problem({ files: "a.bin", dtype: "uint32" })).to.equal(
      "a.bin: expected ids below 16777216, as all vocabularies have, got 3735928559 at token 7. Does `dtype` fit the file?",
    );
    writeFileSync(join(dir(), "a.bin"), narrow);
    writeFileSync(join(dir(), "b.bin"), narrow);
    const { documents, notes } = await load({ files: "." });
    expect(documents).to.have.length(1);
    expect(notes).to.deep.equal(["1 file is left out, being equal to others: b.bin equals a.bin."]);
  });

  it("refuses an odd number of bytes, an empty file and a missing one", async () => {
    writeFileSync(join(dir(), "odd.bin"), Buffer.alloc(7));
    writeFileSync(join(dir(), "empty.bin"), "");
    expect(await problem({ files: "odd.bin" })).to.match(
      /^odd\.bin: expected uint16 token ids, 2 bytes each, got 7 bytes/,
    );
    expect(await problem({ files: "empty.bin" })).to.match(/^empty\.bin: .*got an empty file\.$/);
    expect(await problem({ files: "gone.bin" })).to.match(/^data\.corpus\.tokens\.files: no such file or folder: /);
  });

  it("opens a file of 4.5 GB, samples it and draws windows without reading through it", async () => {
    const file = join(dir(), "vast.bin");
    writeFileSync(file, "");
    truncateSync(file, 4.5e9);
    const ids = 2.25e9;
    const at = (place: number, id: number) => {
      const descriptor = openSync(file, "r+");
      writeSync(descriptor, Uint16Array.of(id), 0, 2, 2 * place);
      closeSync(descriptor);
    };
    const open = (options: object = {}) => {
      const corpus = {
        plugin: tokens,
        options: parsed({ files: "vast.bin", d_vocab: 50_257, dtype: "uint16", ...options }),
      };
      const rest = { tokenizer: "bytes", eval_fraction: 0.05, split_seed: 1, pack: true, n_ctx: 64 } as const;
      return loadDataset({ corpus, baseDir: dir(), ...rest });
    };
    at(0, 7);
    const before = bytesRead();
    const dataset = await open();
    const sampler = createSampler(dataset.train, { n_ctx: 64, seed: 1 });
    const held = evalWindows(dataset, 64, 100);
    expect(bytesRead() - before).to.be.below(ids / 50);
    expect(dataset.counts.train.tokens + dataset.counts.eval.tokens).to.equal(ids);
    expect(held.available / (held.available + sampler.windows)).to.be.closeTo(0.05, 0.001);

    // Separators move the cuts behind them; what is not below d_vocab is refused where it is read.
    const span = dataset.eval.ends[0]! - dataset.eval.starts[0]!;
    const [second] = (await load({ files: "vast.bin", d_vocab: 50_257, dtype: "uint16" })).documents.slice(1);
    at(second!.length + 9, 50_256);
    const moved = await load({ files: "vast.bin", d_vocab: 50_257, dtype: "uint16", separator: 50_256 });
    expect(moved.documents[0]!.length - second!.length).to.be.within(9, 10);
    expect(span).to.be.at.most(Math.ceil(ids / 4096));
    at(0, 60_000);
    expect((await rejectedBy(open())).message).to.equal(
      "vast.bin: expected ids below d_vocab = 50257, got 60000 at token 0.",
    );
    expect(await problem({ files: "vast.bin", dtype: "uint16" })).to.match(
      /^data\.corpus\.tokens\.d_vocab: expected a number: .* 2250000000 ids/,
    );

    // Another text and another length are other fingerprints.
    at(0, 8);
    expect((await open()).hash).not.to.equal(dataset.hash);
    at(0, 7);
    at(second!.length + 9, 0);
    expect((await open()).hash).to.equal(dataset.hash);
    truncateSync(file, 4.5e9 - 2);
    expect((await open()).hash).not.to.equal(dataset.hash);
  });

  it("refuses to go on with a file that became another one", async () => {
    put("a.bin", [1, 2, 3, 4]);
    const { documents } = await load({ files: "a.bin" });
    truncateSync(join(dir(), "a.bin"), 2);
    expect(thrownBy(() => idsOf(documents[0]!)).message).to.equal(
      "a.bin: it ends after 2 of 8 bytes, and did not when it was opened. Leave a corpus alone while it is in use.",
    );
  });
});

/** Bytes that this process has read from files; 0 where nothing says so. */
function bytesRead(): number {
  const file = "/proc/self/io";
  return existsSync(file) ? Number(/rchar: (\d+)/.exec(readFileSync(file, "utf8"))?.[1]) : 0;
}
