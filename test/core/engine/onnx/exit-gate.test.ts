import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { ExitGate } from "../../../../core/engine/onnx/exit-gate.ts";
import { useTempDir } from "../../../helpers/temp.ts";

describe("ExitGate", () => {
  const dir = useTempDir();

  it("waits for the call in hand, and no longer than it is told; none begins afterwards", async () => {
    const gate = new ExitGate();
    expect(gate.enter()).to.equal(undefined);
    expect(gate.close(20), "a call in hand").to.equal(false);
    const thread = new Worker(
      `const flags = new Int32Array(require("node:worker_threads").workerData);
       Atomics.wait(flags, 1, 1, 100); Atomics.store(flags, 0, 0); Atomics.notify(flags, 0);`,
      { eval: true, workerData: gate.memory },
    );
    expect(gate.close(20_000), "one that ends meanwhile").to.equal(true);
    expect(gate.enter()).to.be.instanceOf(Promise);
    expect(gate.close(0), "one that never began").to.equal(true);
    await thread.terminate();
  });

  it("lets a process that trains end at any moment with the exit code that it means", () => {
    const tiny = JSON.stringify(new URL("../../../helpers/tiny.ts", import.meta.url).href);
    const changes = {
      engine: "onnx",
      model: { n_layers: 2, d_model: 128, n_heads: 2, d_mlp: 1024, n_ctx: 16 },
      train: { steps: 100, batch_size: 64, warmup_steps: 1 },
    };
    // While a step is told of, the next one runs in ONNX Runtime's thread.
    const script = `import { trainTiny } from ${tiny};
      const observer = { step: ({ step }) => step === 2 && setTimeout(() => process.exit(3), 5) };
      await trainTiny(${JSON.stringify(join(dir(), "run"))}, { changes: ${JSON.stringify(changes)}, observer });`;
    const args = ["--import", "tsx/esm", "--input-type=module", "-e", script];
    const { status, signal, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([status, signal], stderr).to.deep.equal([3, null]);
  });
});
