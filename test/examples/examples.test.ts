import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { readRows } from "../../core/record/reader.ts";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun } from "../helpers/tiny.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const withConfig = readdirSync(join(root, "examples")).filter((name) =>
  existsSync(join(root, "examples", name, ".experimentrc")),
);

describe("the examples", function () {
  this.timeout(90_000);
  const dir = useTempDir();

  it("are there", () => expect(withConfig).to.include.members(["first-run", "own-analyzer", "own-model"]));

  for (const name of withConfig) {
    it(`${name} trains, and every analyzer that it names reports`, async () => {
      // A copy, so that nothing is written here, in a project that has the package installed.
      cpSync(join(root, "examples", name), dir(), { recursive: true });
      mkdirSync(join(dir(), "node_modules"));
      symlinkSync(root, join(dir(), "node_modules/reluscope"));
      symlinkSync(join(root, "node_modules/zod"), join(dir(), "node_modules/zod"));
      const warmUp = name === "own-model" ? [] : ["--set", "train.warmup_steps=1"]; // its schedule has none
      const short = ["--steps", "3", "--set", "eval.windows=4", ...warmUp];
      const { code, stdout, stderr } = await command(["train", ...short], { cwd: dir() });
      expect(code, stderr).to.equal(0);
      expect(stdout)
        .to.match(/^layer +\w+/)
        .and.to.include("finished at step 3");
      const { rows } = await readRows(onlyRun(dir()));
      expect(rows).to.have.length(3);
      const shown = await command(["config", "--json"], { cwd: dir() });
      for (const analyzer of Object.keys(JSON.parse(shown.stdout).config.analyzers)) {
        const section = analyzer.replace(/^\.\/|\.ts$/g, "").replaceAll("-", "_");
        expect(
          Object.keys(rows[2]!.metrics).some((key) => key.startsWith(`${section}/`)),
          section,
        ).to.equal(true);
      }
    });
  }
});
