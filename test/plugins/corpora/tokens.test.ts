import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tokens } from "../../../plugins/corpora/tokens.ts";
import { loadCorpus } from "../../helpers/corpus.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

describe("tokens", () => {
  const dir = useTempDir();
  const put = (name: string, ids: readonly number[]) => {
    const bytes = Buffer.alloc(ids.length * 2);
    for (const [i, id] of ids.entries()) bytes.writeUInt16LE(id, i * 2);
    writeFileSync(join(dir(), name), bytes);
  };
  const load = (options: object) => loadCorpus(tokens, options, dir());
  const lists = async (options: object) => (await load(options)).documents.map((ids) => Array.from(ids as Uint16Array));
  const problem = async (options: object) => {
    const { code, message } = await rejectedBy(load(options));
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
    expect(Array.from(loaded.documents[0] as Uint16Array)).to.deep.equal(ids);
    expect(loaded.notes).to.deep.equal([
      "a.bin: every second 16 bits are zero, so read as uint32. `dtype` says otherwise.",
    ]);
    expect(loaded.source.formats).to.deep.equal(["uint32"]);
    expect((await load({ files: "a.bin", dtype: "uint16" })).documents[0]).to.have.length(80);
    expect(await load({ files: "a.bin", dtype: "uint32" })).not.to.have.property("notes");
  });

  it("refuses text, ids of 65536 and more, and a file twice", async () => {
    writeFileSync(join(dir(), "a.bin"), "This is a text and no file of token ids, as everybody can see here.\n");
    expect(await problem({ files: "a.bin" })).to.equal(
      "a.bin: expected token ids, got what reads as text. Use the corpus `text`.",
    );
    const large = Buffer.from(wide);
    large.writeUInt32LE(128_000, 4 * 7);
    writeFileSync(join(dir(), "a.bin"), large);
    expect(await problem({ files: "a.bin", dtype: "uint32" })).to.equal(
      "a.bin: expected ids below 65536, got 128000 at token 7.",
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
});
