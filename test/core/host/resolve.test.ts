import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { resolvePlugin } from "../../../core/host/registry.ts";
import { builtIns } from "../../../plugins/index.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";

const repository = new URL("../../../", import.meta.url).href;

/** A plugin's source; `contract` is where it gets `defineAnalyzer` from. */
function source(name: string, more = "", contract = `${repository}core/index.ts`): string {
  return `
    import { defineAnalyzer } from ${JSON.stringify(contract)};
    import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
    export const plugin = defineAnalyzer({
      name: ${JSON.stringify(name)}, summary: "a test's", options: z.strictObject({}), sites: ["mlp_post"], metrics: { x: "x" },
      setup: () => ({ probe: () => ({}), analyze: () => ({ x: 1 }) }), ${more}
    });`;
}

describe("resolvePlugin", () => {
  const dir = useTempDir();
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(dir(), file)), { recursive: true });
    writeFileSync(join(dir(), file), text);
  };
  const resolve = async (name: string) => (await resolvePlugin("analyzer", name, builtIns, dir())).plugin;

  it("finds built-in plugins by name", async () => {
    expect((await resolve("token-sparsity")).name).to.equal("token-sparsity");
  });

  it("finds TypeScript by its path, in a folder whose package.json has no type", async () => {
    write("package.json", "{}");
    write("lab/mine.ts", `${source("mine")} const typed: number = 1; export type { typed };`);
    expect((await resolve("./lab/mine.ts")).name).to.equal("mine");
    expect((await resolve(join(dir(), "lab/mine.ts"))).name).to.equal("mine");
  });

  it("finds a default export too", async () => {
    write("mine.mjs", `${source("mine")} export default plugin;`);
    expect((await resolve("./mine.mjs")).name).to.equal("mine");
  });

  it("finds npm packages, also those with ESM exports alone", async () => {
    write("package.json", "{}");
    for (const name of ["reluscope-mine", "@lab/mine"]) {
      write(
        `node_modules/${name}/package.json`,
        JSON.stringify({ name, type: "module", exports: { import: "./m.js" } }),
      );
      write(`node_modules/${name}/m.js`, source("mine"));
      expect((await resolve(name)).name).to.equal("mine");
    }
  });

  const faults: Record<string, { file?: string; text: string; says: RegExp }> = {
    "a syntax error": { text: "export const x = ;", says: /cannot be loaded: .*bad\.\w+:1.*Unexpected/s },
    "a syntax error in TypeScript": {
      file: "bad.ts",
      text: "export const x: = 1;",
      says: /cannot be loaded: .*bad\.ts:1/s,
    },
    "an import that is not there": { text: 'import "not-there";', says: /cannot be loaded: .*not-there/ },
    "code that throws": { text: 'throw new Error("no luck");', says: /cannot be loaded: no luck/ },
    "no export": { text: "1;", says: /exports one analyzer .* got none \(exports: nothing\)/ },
    "no plugin": { text: "export const a = 1, b = null;", says: /got none \(exports: a, b\)/ },
    "two plugins": {
      text: `${source("one")} export const other = { ...plugin, name: "two" };`,
      says: /got analyzer `(one|two)`, analyzer `(one|two)`/,
    },
    "a plugin of another kind": {
      text: `${source("one").replace("export ", "")} export const it = { ...plugin, kind: "sink" };`,
      says: /exports one analyzer .* got sink `one`/,
    },
    "a bad name": { text: source("Not Kebab"), says: /must be kebab-case .* got "Not Kebab"/ },
    "a name that is the trainer's": { text: source("eval"), says: /`eval` is taken by the trainer/ },
    "a site that does not exist": { text: source("one", 'sites: ["mlp_poost"]'), says: /unknown site `mlp_poost`/ },
    "options that are no schema": { text: source("one", "options: {}"), says: /`options` must be a zod schema/ },
    "no metrics": { text: source("one", "metrics: undefined"), says: /expected `sites` .* and `metrics`/ },
    "a metric's name in camel case": { text: source("one", 'metrics: { useToken: "" }'), says: /must be snake_case/ },
    "a headline without its metric": { text: source("one", 'headline: ["y"]'), says: /headline names no metric: `y`/ },
  };
  for (const [what, { file = "bad.mjs", text, says }] of Object.entries(faults)) {
    it(`refuses a module with ${what}, by the name in the config`, async () => {
      write(file, text);
      const error = await rejectedBy(resolve(`./${file}`));
      expect(error.code).to.equal("plugin.invalid");
      expect(error.exitCode).to.equal(2);
      expect(error.message).to.include(`plugin \`./${file}\``).and.to.match(says);
    });
  }

  it("tells what is near to a name that nothing has", async () => {
    expect((await rejectedBy(resolve("token-sparsty"))).message).to.include("Did you mean `token-sparsity`?");
    expect((await rejectedBy(resolve("./no-file.ts"))).message).to.include("no file");
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect((await rejectedBy(resolve(name))).code).to.equal("plugin.unknown");
    }
  });
});
