import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { textsInLines } from "../../../plugins/corpora/json.ts";
import { text } from "../../../plugins/corpora/text.ts";
import { loadCorpus } from "../../helpers/corpus.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

describe("text", () => {
  const dir = useTempDir();
  const put = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(dir(), name, ".."), { recursive: true });
    writeFileSync(join(dir(), name), content);
  };
  const documents = async (options: object) => (await loadCorpus(text, options, dir())).documents;
  const problem = async (options: object) => {
    const { code, message } = await rejectedBy(loadCorpus(text, options, dir()));
    expect(code).to.equal("data.invalid");
    return message;
  };

  it("reads a folder's .txt, .md and .jsonl recursively, in the order of their paths", async () => {
    put("d/z.txt", "last");
    put("d/b/deep/two.md", "two");
    put("d/b/one.txt.gz", gzipSync("one"));
    put("d/lines.jsonl", '{"text":"three"}\r\n\n{"text":"four","id":7}\n');
    put("d/picture.png", Uint8Array.of(0xff, 0xd8));
    put("d/more.jsonl.gz", gzipSync('{"text":"five"}'));
    const loaded = await loadCorpus(text, { files: "d" }, dir());
    expect(loaded.documents).to.deep.equal(["two", "one", "three", "four", "five", "last"]);
    expect(loaded.source.names).to.deep.equal([
      "d/b/deep/two.md",
      "d/b/one.txt.gz",
      "d/lines.jsonl",
      "d/more.jsonl.gz",
      "d/z.txt",
    ]);
    expect(loaded.notes).to.deep.equal([
      "1 file is left out, being of another kind than .txt, .txt.gz, .md, .md.gz, .jsonl, .jsonl.gz, .ndjson, .ndjson.gz (name it, or a glob, to read it): d/picture.png.",
    ]);
  });

  it("reads a file once, however often it is named, and any ending that a name or glob asks for", async () => {
    put("a[1].txt", "bracket");
    put("code/x.ts", "x");
    put("code/y.ts", "y");
    expect(
      await documents({ files: ["code/*.ts", "./code/x.ts", "a[1].txt", join(dir(), "code/y.ts")] }),
    ).to.deep.equal(["bracket", "x", "y"]);
  });

  it("drops a byte order mark and keeps everything else", async () => {
    put("a.txt", "\ufeff\r\n näïve 🙂 \n");
    expect(await documents({ files: "a.txt" })).to.deep.equal(["\r\n näïve 🙂 \n"]);
  });

  it("cuts files at the separator", async () => {
    put("a.txt", "one<|endoftext|>two<|endoftext|>");
    expect(await documents({ files: "a.txt", separator: "<|endoftext|>" })).to.deep.equal(["one", "two", ""]);
  });

  it("takes another field of .jsonl", async () => {
    put("a.jsonl", '{"text":1,"body":"yes"}');
    expect(await documents({ files: "a.jsonl", field: "body" })).to.deep.equal(["yes"]);
  });

  it("names what is missing", async () => {
    mkdirSync(join(dir(), "empty"));
    expect(await problem({ files: "gone.txt" })).to.equal(
      `data.corpus.text.files: no such file or folder: ${join(dir(), "gone.txt")}.`,
    );
    expect(await problem({ files: "*.none" })).to.equal(
      `data.corpus.text.files: no file matches the glob \`*.none\` in ${dir()}.`,
    );
    expect(await problem({ files: "empty" })).to.match(/no \.txt, \.txt\.gz, \.md, .* file in the folder .*empty\.$/);
  });

  it("refuses files without text", async () => {
    put("a.txt", "");
    put("b.txt", "");
    expect(await problem({ files: "a.txt" })).to.equal(
      "data.corpus.text.files: expected text, got an empty file: a.txt.",
    );
    expect(await problem({ files: "*.txt" })).to.match(/got empty files: a\.txt, b\.txt\.$/);
  });

  for (const [name, bytes, at] of [
    ["a stray byte", [0x61, 0xc3, 0xa9, 0xff, 0x62], "got byte 0xff at offset 3, which is ÿ in Windows-1252"],
    ["a broken sequence", [0x61, 0xc3, 0x28], "got byte 0xc3 at offset 1, which is Ã in Windows-1252"],
    [
      "a character cut off by the end",
      [0x61, 0xe2, 0x82],
      "got byte 0xe2 at offset 1: the file ends inside a character",
    ],
    [
      "Latin-1",
      [...Buffer.from("caf\u00e9 au lait", "latin1")],
      "got byte 0xe9 at offset 3, which is é in Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8.",
    ],
    ["UTF-16", [0xff, 0xfe, 0x61, 0], "got UTF-16. Convert it: iconv -f UTF-16 -t UTF-8."],
  ] as const) {
    it(`names file and offset of ${name}`, async () => {
      put("bad.txt", Uint8Array.from(bytes));
      expect(await problem({ files: "bad.txt" })).to.contain(`bad.txt: expected UTF-8, ${at}`);
    });
  }

  for (const [name, line, said] of [
    ["JSON", '{"text": oops}', /^a\.jsonl:3: expected JSON: .+/],
    ["an object", '["text"]', /^a\.jsonl:3: expected a JSON object, got `\["text"\]`\./],
    [
      "the field",
      '{"id":1,"body":"x"}',
      /^a\.jsonl:3: expected a field `text`, got `id`, `body`\. Set the option `field`\./,
    ],
    ["an own field", '{"__proto__":{"text":"x"}}', /^a\.jsonl:3: expected a field `text`/],
    ["a string", '{"text":5}', /^a\.jsonl:3: field `text`: expected a string, got `5`\./],
    ["well-formed text", '{"text":"\\ud800"}', /^a\.jsonl:3: field `text`: an unpaired surrogate/],
  ] as const) {
    it(`names file and line where .jsonl lacks ${name}`, async () => {
      put("a.jsonl", `{"text":"fine"}\n\n${line}\n`);
      expect(await problem({ files: "a.jsonl" })).to.match(said);
    });
  }

  it("refuses bytes that no text has", async () => {
    put("ids.txt", Uint8Array.of(0x61, 0, 0x62, 0));
    expect(await problem({ files: "ids.txt" })).to.match(/^ids\.txt: expected text, got byte 0x00 at offset 1\./);
  });

  it("counts a file once that is there under other names, or with equal content, and says so", async () => {
    put("d/a.txt", "one");
    put("d/b.txt", "two");
    put("d/c.txt", "one");
    symlinkSync(join(dir(), "d/b.txt"), join(dir(), "d/symbolic.txt"));
    linkSync(join(dir(), "d/b.txt"), join(dir(), "d/hard.txt"));
    put("d/packed.txt.gz", gzipSync("two"));
    const loaded = await loadCorpus(text, { files: "d" }, dir());
    expect(loaded.documents).to.deep.equal(["one", "two"]);
    expect(loaded.source).to.deep.include({ files: 2, bytes: 6, names: ["d/a.txt", "d/b.txt"] });
    expect(loaded.notes).to.deep.equal([
      "2 files are left out, being the same file under another name: d/hard.txt is d/b.txt, d/symbolic.txt is d/b.txt.",
      "2 files are left out, being equal to others: d/c.txt equals d/a.txt, d/packed.txt.gz equals d/b.txt.",
    ]);
  });

  it("reads .JSONL as .jsonl, and .json that is an array of texts or of objects", async () => {
    put("d/a.JSONL", '{"text":"one"}\n{"text":"two"}\n');
    put("b.json", '["three",{"text":"four"}]');
    put("c.json", '[{"text":"fine"},{"id":7}]');
    expect(await documents({ files: ["b.json", "d"] })).to.deep.equal(["three", "four", "one", "two"]);
    expect(await problem({ files: "c.json" })).to.match(/^c\.json\[1\]: expected a field `text`, got `id`/);
  });

  it("reads lines as they come, wherever a chunk ends", async () => {
    const lines = Buffer.from(["näïve", "", "🙂", "last"].map((word) => JSON.stringify({ text: word })).join("\r\n"));
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks = async function* () {
        for (let at = 0; at < lines.length; at += size) yield lines.subarray(at, at + size);
      };
      const texts: string[] = [];
      for await (const one of textsInLines(chunks(), "text", "a.jsonl")) texts.push(one);
      expect(texts).to.deep.equal(["näïve", "", "🙂", "last"]);
    }
  });

  it("names a gzip that is damaged or cut off", async () => {
    const whole = gzipSync("some text that is long enough to be cut");
    put("cut.txt.gz", whole.subarray(0, whole.length - 12));
    put("not.txt.gz", "plain");
    expect(await problem({ files: "cut.txt.gz" })).to.match(/^cut\.txt\.gz: damaged gzip: unexpected end of file\.$/);
    expect(await problem({ files: "not.txt.gz" })).to.match(/^not\.txt\.gz: damaged gzip: incorrect header check\.$/);
  });
});
