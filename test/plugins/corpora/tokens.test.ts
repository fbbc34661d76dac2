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
