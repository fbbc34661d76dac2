import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { openWeights } from "../../../core/weights/folder.ts";
import { openTorchFile } from "../../../core/weights/torch-file.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { thrownBy } from "../../helpers/thrown.ts";
import { type ArchiveEntry, pickles, zipOf } from "../../helpers/torch-archive.ts";

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const six = { key: "0", length: 6, offset: 0, shape: [2, 3], strides: [3, 1] };
const numbers = { name: "m/data/0", bytes: floats(1, 2, 3, 4, 5, 6) };
const fixtures = join(import.meta.dirname, "../../fixtures/models");

describe("openTorchFile", () => {
  const folder = useTempDir();
  const written = (bytes: Uint8Array) => {
    const path = join(folder(), "pytorch_model.bin");
    writeFileSync(path, bytes);
    return path;
  };
  const archive = (pickle: Uint8Array, ...others: ArchiveEntry[]) =>
    written(zipOf([{ name: "m/data.pkl", bytes: pickle }, ...others]));

  it("reads tensors that are transposed, cut out of a larger one, or empty", () => {
    const file = openTorchFile(
      archive(
        pickles.tensors({
          plain: six,
          transposed: { ...six, shape: [3, 2], strides: [1, 3] },
          column: { ...six, offset: 1, shape: [2], strides: [3] },
          empty: { ...six, shape: [0, 3] },
        }),
        numbers,
      ),
    );
    const read = (name: string) => Array.from(file.tensors.get(name)!.read());
    expect(read("plain")).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(read("transposed")).to.deep.equal([1, 4, 2, 5, 3, 6]);
    expect(read("column")).to.deep.equal([2, 5]);
    expect(read("empty")).to.deep.equal([]);
    file.close();
  });

  const hostile: readonly (readonly [string, () => Uint8Array | string, RegExp])[] = [
    ["a call of os.system", () => archive(pickles.calling("os", "system", "touch gone")), /asks for `os\.system`/],
    ["a call of posix.system", () => archive(pickles.calling("posix", "system", "id")), /asks for `posix\.system`/],
    ["eval", () => archive(pickles.calling("builtins", "eval", "1")), /asks for `builtins\.eval`/],
    ["__reduce__ through an inherited name", () => archive(pickles.calling("constructor", "constructor", "1")), /refused/],
    ["a storage class that is called", () => archive(pickles.calling("torch", "FloatStorage", "1")), /arguments that no tensor/],
    ["an opcode that makes objects", () => archive(pickles.raw(0x81, 0x2e)), /opcode 0x81/],
    ["a pickle that ends early", () => archive(pickles.raw(0x58, 0xff, 0xff, 0xff, 0x7f)), /cut off/],
    ["a pickle that pops nothing", () => archive(pickles.raw(0x2e)), /damaged/],
    ["a dictionary within itself", () => archive(pickles.circular()), /holds no tensors/],
    ["a storage that claims more than is there", () => archive(pickles.tensors({ w: { ...six, length: 600 } }), numbers), /claims 2400 bytes, the archive has 24/],
    ["a tensor beyond its storage", () => archive(pickles.tensors({ w: { ...six, shape: [3, 3] } }), numbers), /does not fit its storage/],
    ["an offset beyond its storage", () => archive(pickles.tensors({ w: { ...six, offset: 2_000_000_000 } }), numbers), /does not fit/],
    ["one number repeated beyond the storage's size", () => archive(pickles.tensors({ w: { ...six, shape: [60_000, 60_000], strides: [0, 0] } }), numbers), /does not fit/],
    ["numbers that are not there", () => archive(pickles.tensors({ w: six })), /not in the archive/],
    ["a compressed entry", () => archive(pickles.tensors({ w: six }), { ...numbers, method: 8, claims: 2 ** 31 }), /compressed/],
    ["an entry that claims to be huge", () => archive(pickles.tensors({ w: six }), { ...numbers, claims: 2 ** 31 }), /outside the file/],
    ["entries that overlap", () => archive(pickles.tensors({ w: six }), numbers, { ...numbers, name: "m/data/1", headerAt: 0 }), /overlap/],
    ["a path out of the archive", () => archive(pickles.tensors({ w: six }), { ...numbers, name: "m/../../data/0" }), /leads out/],
    ["two entries of one name", () => archive(pickles.tensors({ w: six }), numbers, numbers), /one name/],
    ["an old format without an archive", () => written(Buffer.from([0x80, 2, 0x8a, 10])), /PyTorch 1\.6/],
    ["an empty file", () => written(new Uint8Array()), /expected a zip archive/],
  ]; // biome-ignore format: a table

  for (const [what, make, message] of hostile) {
    it(`refuses ${what} with one line`, () => {
      const error = thrownBy(() => openTorchFile(make() as string));
      expect(error.code).to.equal("weights.invalid");
      expect(error.message).to.match(message);
      expect(error.message).not.to.contain("\n");
      expect(existsSync("gone")).to.equal(false);
    });
  }

  it("refuses every cut-off beginning of a good file", () => {
    const whole = zipOf([{ name: "m/data.pkl", bytes: pickles.tensors({ w: six }) }, numbers]);
    for (let length = 0; length < whole.length; length += 7) {
      expect(thrownBy(() => openTorchFile(written(whole.subarray(0, length)))).code).to.equal("weights.invalid");
    }
  });
});

describe("openWeights", () => {
  const folder = useTempDir();
  const copied = (name: string, without: RegExp) => {
    const to = folder();
    cpSync(join(fixtures, name), to, { recursive: true });
    for (const file of readdirSync(to)) if (without.test(file)) rmSync(join(to, file));
    return to;
  };

  it("reads the same from shards of either kind", () => {
    const safe = openWeights(join(fixtures, "gpt2"));
    const pickled = openWeights(copied("gpt2", /safetensors/));
    expect(safe.files).to.have.length(3);
    expect(pickled.files).to.have.length(3);
    for (const [name, tensor] of safe.tensors) {
      expect(pickled.tensors.get(name)!.read(), name).to.deep.equal(tensor.read());
    }
    for (const weights of [safe, pickled]) weights.close();
  });

  it("names the shard that is missing, cut off, or lacks what the index promises", () => {
    const gone = copied("gpt2", /00002-of|\.bin/);
    expect(thrownBy(() => openWeights(gone)).message).to.match(/model-00002-of-00003\.safetensors: cannot be read/);
    const cut = copied("gpt2", /\.bin/);
    truncateSync(join(cut, "model-00002-of-00003.safetensors"), 5000);
    expect(thrownBy(() => openWeights(cut)).message).to.match(/model-00002-of-00003\.safetensors: expected \d+ bytes/);
    const index = { weight_map: { "no.such": "model-00001-of-00003.safetensors" } };
    writeFileSync(join(cut, "model.safetensors.index.json"), JSON.stringify(index));
    expect(thrownBy(() => openWeights(cut)).message).to.match(/lacks no\.such/);
  });

  it("refuses an index that leads out of the folder", () => {
    const to = copied("gpt2", /\.bin/);
    const index = { weight_map: { "wte.weight": "../../etc/passwd" } };
    writeFileSync(join(to, "model.safetensors.index.json"), JSON.stringify(index));
    expect(thrownBy(() => openWeights(to)).message).to.match(/leads out of the folder/);
  });

  it("does not wait for what is no file", () => {
    mkdirSync(join(folder(), "pytorch_model.bin"));
    expect(thrownBy(() => openWeights(folder())).message).to.match(/pytorch_model\.bin: expected a file/);
    execFileSync("mkfifo", [join(folder(), "model.safetensors")]);
    expect(thrownBy(() => openWeights(folder())).message).to.match(/model\.safetensors: expected a file/);
  });

  it("lists the files that it looked for where there are none", () => {
    expect(thrownBy(() => openWeights(folder())).message).to.match(
      /expected one of model\.safetensors, .*pytorch_model\.bin/,
    );
  });
});
