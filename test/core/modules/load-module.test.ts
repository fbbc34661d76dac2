import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { importModule } from "../../../core/modules/load-module.ts";
import { resolvePackage } from "../../../core/modules/load-package.ts";

const built = fileURLToPath(new URL("../../../dist/core/modules/load-module.js", import.meta.url));

describe("importing modules", () => {
  let dir = "";
  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await writeFile(path.join(dir, file), text);
  };
  beforeEach(async () => {
    dir = await realpath(await mkdtemp(path.join(tmpdir(), "reluscope-module-")));
    await write("node_modules/counted/package.json", '{ "type": "module", "exports": { "import": "./index.js" } }');
    await write(
      "node_modules/counted/index.js",
      "globalThis.loads = (globalThis.loads ?? 0) + 1; export const it = {};",
    );
    await write("helper.js", "export const fromEsm = 1;");
    await write("helper.cjs", "module.exports = { fromCjs: 2 };");
    await write("typed.ts", "export enum Typed { Value = 3 }");
    await write(
      "main.ts",
      `import { it } from "counted";
       import cjs from "./helper.cjs";
       import { fromEsm } from "./helper.js";
       import { Typed } from "./typed.ts";
       export const found: number[] = [fromEsm, cjs.fromCjs, Typed.Value, await 4];
       export { it };`,
    );
  });
  afterEach(() => rm(dir, { recursive: true }));

  for (const type of ["module", "commonjs", undefined]) {
    it(`reads TypeScript in a package of type ${type ?? "nothing"}, each dependency once, without tsx at the start`, async () => {
      await write("package.json", JSON.stringify({ type }));
      if (type === "commonjs") await write("helper.js", "exports.fromEsm = 1;");
      await write(
        "run.mjs",
        `import { it } from "counted";
         import { importModule } from ${JSON.stringify(built)};
         const module = await importModule(${JSON.stringify(path.join(dir, "main.ts"))});
         console.log(JSON.stringify({ found: module.found, same: module.it === it, loads: globalThis.loads }));`,
      );
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(dir, "run.mjs")], {
        env: { ...process.env, NODE_OPTIONS: "" },
      });
      expect(JSON.parse(stdout)).to.deep.equal({ found: [1, 2, 3, 4], same: true, loads: 1 });
    });
  }

  it("reads TypeScript when the sources run through tsx themselves", async () => {
    await write("package.json", '{ "type": "module" }');
    expect((await importModule(path.join(dir, "main.ts"))).found).to.deep.equal([1, 2, 3, 4]);
  });

  it("finds packages from a folder, with an import entry alone too", async () => {
    const counted = path.join(dir, "node_modules/counted/index.js");
    expect(resolvePackage("counted", dir)).to.equal(counted);
    expect(resolvePackage("counted", path.join(dir, "deep/er"))).to.equal(counted);
    expect(resolvePackage("not-installed", dir)).to.equal(undefined);
  });

  it("finds scoped packages and what they export below their name", async () => {
    const manifest = { exports: { ".": { node: { import: "./a.mjs" } }, "./part": "./b.mjs" } };
    await write("node_modules/@lab/kit/package.json", JSON.stringify(manifest));
    await write("node_modules/@lab/kit/b.mjs", "");
    expect(resolvePackage("@lab/kit", dir)).to.equal(path.join(dir, "node_modules/@lab/kit/a.mjs"));
    expect(resolvePackage("@lab/kit/part", dir)).to.equal(path.join(dir, "node_modules/@lab/kit/b.mjs"));
  });
});
