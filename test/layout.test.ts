import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { globSync } from "tinyglobby";
import { betweenRooms, circlesIn, importsOf } from "./helpers/imports.ts";
import { mayImport, roomOf } from "./helpers/rooms.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ignore = ["**/node_modules/**", "dist/**", "**/runs/**", "**/wandb/run-*/**", "artifacts/**", "coverage/**"];
const files = (patterns: string[]) => globSync(patterns, { cwd: root, ignore, dot: true });
const sources = files([
  "{cli,core,plugins,statistics,studies,testing,viewer,scripts,bench,examples}/**/*.{ts,mts,mjs,cjs}",
]);
const code = [...sources, ...files(["test/**/*.ts"])];
const text = (file: string) => readFileSync(`${root}/${file}`, "utf8");
const lines = (file: string) => text(file).trimEnd().split("\n").length;

describe("the sources", () => {
  it("are short: half of the files below 100 lines, none above 300", () => {
    const lengths = sources.map(lines).sort((a, b) => a - b);
    expect(lengths.length).to.be.greaterThan(100);
    expect(lengths[Math.floor(lengths.length / 2)]).to.be.lessThan(100);
    expect(sources.filter((file) => lines(file) > 300)).to.deep.equal([]);
  });

  it("have no drawer for odds and ends", () => {
    expect(code.filter((file) => /(^|\/)(utils?|helpers?|misc|common)\.\w+$/.test(file))).to.deep.equal([]);
  });

  it("export by name, and use no enums, namespaces or `any`", () => {
    for (const [what, pattern] of [
      ["a default export", /^export default /m],
      ["an enum", /^(export )?(declare )?(const )?enum \w+ \{/m],
      ["a namespace", /^(export )?(declare )?namespace /m],
      ["`any`", /[:<(,|] ?any[\s,;)>|\]]/],
    ] as const) {
      const found = sources.filter((file) => pattern.test(withoutText(text(file))));
      expect(found, what).to.deep.equal([]);
    }
  });

  it("know no folder of the machine that they were written on", () => {
    const all = [...code, ...files(["**/*.{md,json,py}", ".experimentrc*", ".ci/*", "*.json"])];
    const found = all.filter((file) => foreign.test(text(file)));
    expect(found).to.deep.equal([]);
  });
});

describe("the rooms", () => {
  const housed = files(["{cli,core,plugins,statistics,studies,testing,viewer}/**/*.ts"]);
  const graph = importsOf(housed, root);

  it("hold every source file", () => {
    expect(housed.length).to.be.greaterThan(300);
    expect(housed.filter((file) => roomOf(file) === undefined)).to.deep.equal([]);
  });

  it("import from those rooms alone that helpers/rooms.ts allows them", () => {
    const foreign = [...graph].flatMap(([file, imported]) =>
      [...imported].filter((path) => !mayImport(roomOf(file), roomOf(path))).map((path) => `${file} -> ${path}`),
    );
    expect(foreign).to.deep.equal([]);
  });

  it("stand above one another: no circle of files, none of rooms", () => {
    expect(circlesIn(importsOf(sources, root))).to.deep.equal([]);
    expect(circlesIn(betweenRooms(graph, (file) => roomOf(file) ?? file))).to.deep.equal([]);
  });

  it("of core name no plugin, but for the defaults of the config", () => {
    const names = [...text("plugins/index.ts").matchAll(/^ {4}"?([\w-]+)"?: async/gm)].map(([, name]) => name!);
    expect(names).to.include.members(["token-sparsity", "wandb", "sotu"]);
    // What is an English word as well, or the name of a tokenizer, says nothing.
    const words = ["json", "console", "memory", "text", "tokens", "constant", "local", "gpt2"];
    const own = names.filter((name) => !words.includes(name));
    const pattern = new RegExp(`\\b(${[...own, "W&B"].join("|").replaceAll("-", "[-_]")})\\b`, "i");
    const core = housed.filter((file) => /^core\/(?!config\/)/.test(file));
    expect(core.filter((file) => pattern.test(text(file)))).to.deep.equal([]);
  });

  it("would be told of a circle", () => {
    const circle = new Map([
      ["a", new Set(["b"])],
      ["b", new Set(["c"])],
      ["c", new Set(["b"])],
    ]);
    expect(circlesIn(circle)).to.deep.equal(["b -> c -> b"]);
  });
});

/** A path into somebody's own folders; `/home/me` is nobody's. */
const foreign = /["'`\s(=]\/(work|root|home(?!\/me\b))\//;

/** Without comments and quoted text. */
function withoutText(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, " ");
}
