import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { onlyRun, trainTiny } from "../../helpers/tiny.ts";

describe("docs/recompute.py", function () {
  this.timeout(120_000);
  after(removeTempFolders);

  it("recomputes a row from the run's files and its text alone, and agrees", async function () {
    const hasNumPy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
    if (!hasNumPy) this.skip(); // needs python3 with NumPy on the PATH

    const folder = tempFolder();
    const looks = { "token-sparsity": { every: 1 }, "batch-union-sparsity": { every: 1 } };
    await trainTiny(folder, { changes: { analyzers: looks } });
    const script = fileURLToPath(new URL("../../../docs/recompute.py", import.meta.url));
    const { stdout, stderr } = spawnSync("python3", [script, onlyRun(folder)], { encoding: "utf8" });
    expect(stderr).to.equal("");
    const lines = stdout.trim().split("\n").map((line) => line.split(" ")); // biome-ignore format: one line
    expect(lines).to.have.length(5);
    for (const [key, recomputed, recorded] of lines)
      expect(Number(recomputed), key).to.be.closeTo(Number(recorded), 1e-5);
  });
});
