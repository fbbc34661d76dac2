import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import type { Step } from "../../../../core/engine/engine.ts";
import { createXlaEngine, type XlaEngine, type XlaOptions } from "../../../../core/engine/xla/engine.ts";
import { loadKoffi, openLibrary } from "../../../../core/engine/xla/pjrt/koffi.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { rejectedBy } from "../../../helpers/thrown.ts";
import { cpuPlugin, withEnvironment } from "./cpu-plugin.ts";

const signature = {
  state: { w: { shape: [4], dtype: "float32" } },
  inputs: { x: { shape: [2, 4], dtype: "float32" }, lr: { shape: [], dtype: "float32" } },
} as const;
const step: Step = ({ w }, { x, lr }) => ({
  state: { w: tf.sub(w!, tf.mul(lr!, tf.sum(x!, 0))) },
  outputs: { total: tf.sum(w!), any: tf.any(tf.greater(x!, 0), 0) },
});
const start = { w: { shape: [4], data: Float32Array.of(1, 2, 3, 4) } };
const inputs = { x: { shape: [2, 4], data: new Float32Array(8) }, lr: { shape: [], data: Float32Array.of(0.1) } };

describe("createXlaEngine on a plugin (needs a C compiler: cc)", () => {
  const dir = useTempDir();
  let plugin: string;
  before(function () {
    const built = cpuPlugin();
    if (built === undefined) return this.skip();
    plugin = built;
  });

  /** An engine whose compiled programs are kept in the test's own folder; nothing is computed, results are zero. */
  function engine(options: XlaOptions = {}, variables: Record<string, string> = {}): Promise<XlaEngine> {
    const env = { XDG_CACHE_HOME: dir(), PJRT_CPU_COMPUTE: undefined, ...variables };
    return withEnvironment(env, () => createXlaEngine({ plugin, ...options }));
  }

  async function live(what: number): Promise<number> {
    const library = openLibrary(await loadKoffi(), plugin);
    return Number(library.func("int64_t pjrt_cpu_live(int64_t)")(what));
  }
  const everything = async () => [await live(0), await live(1), await live(2), await live(3)];

  it("says what it computes on", async () => {
    const made = await engine({ precision: "tf32", devices: "all" }, { PJRT_CPU_DEVICES: "2" });
    expect(made.device).to.equal("CPU, 2 x test device, products in tf32 (XLA by PJRT 0.90, cpu)");
    await made.dispose();
  });

  it("gives back every buffer, event, program and error, over 10 000 steps and after a failure", async () => {
    const before = await everything();
    const made = await engine();
    await withEnvironment({ XDG_CACHE_HOME: dir() }, async () => {
      const program = await made.compile(step, signature, "step");
      const state = await made.upload(start);
      await program.run(state, inputs);
      const during = await everything();
      for (let i = 0; i < 5000; i++) {
        const [one, two] = [program.run(state, inputs), program.run(state, inputs)];
        await one;
        await two;
      }
      expect(await everything()).to.deep.equal(during);
      expect(await made.download(state)).to.deep.equal({ w: { shape: [4], data: new Float32Array(4) } });
      await withEnvironment({ PJRT_CPU_FAIL: "Buffer_ToHostBuffer" }, () => rejectedBy(program.run(state, inputs)));
      made.release(state);
      program.dispose();
      await made.dispose();
    });
    expect(await everything()).to.deep.equal(before);
  });

  it("puts XLA's own words into its errors, and what helps when memory is short", async () => {
    const made = await engine();
    await withEnvironment({ XDG_CACHE_HOME: dir() }, async () => {
      const program = await made.compile(step, signature, "train");
      const state = await made.upload(start);
      const thrown = await withEnvironment({ PJRT_CPU_FAIL: "LoadedExecutable_Execute" }, () =>
        rejectedBy(program.run(state, inputs)),
      );
      expect(thrown.code).to.equal("engine.step");
      expect(thrown.message).to.match(/^train: XLA failed: RESOURCE_EXHAUSTED: .*train\.accumulate.*engine\.devices/);
    });
  });

  it("compiles a program once: the next start loads it, and a damaged file is compiled anew", async () => {
    const kept = () => readdirSync(join(dir(), "reluscope", "xla")).filter((name) => name.endsWith(".bin"));
    const compiles = async (variables: Record<string, string>) => {
      const made = await engine();
      const env = { XDG_CACHE_HOME: dir(), ...variables };
      await withEnvironment(env, () => made.compile(step, signature, "train"));
      await made.dispose();
    };
    await compiles({});
    expect(kept()).to.have.length(1);
    await compiles({ PJRT_CPU_FAIL: "Client_Compile" });
    writeFileSync(join(dir(), "reluscope", "xla", kept()[0]!), "short");
    await compiles({});
    await compiles({ PJRT_CPU_FAIL: "Client_Compile" });
  });

  it("refuses a plugin that is too old, one that wants larger structs, and what is no plugin", async () => {
    const old = await rejectedBy(engine({}, { PJRT_CPU_MINOR: "40" }));
    expect(old.code).to.equal("engine.unavailable");
    expect(old.message).to.contain("speaks PJRT API 0.40").and.contain("0.57 or a later 0.x");
    const grown = await rejectedBy(engine({}, { PJRT_CPU_GROWN: "Client_Create" }));
    expect(grown.message).to.contain("wants PJRT_Client_Create_Args of 96 bytes and reluscope knows 88");
    writeFileSync(join(dir(), "plugin.so"), "no library");
    expect((await rejectedBy(engine({ plugin: join(dir(), "plugin.so") }))).code).to.equal("engine.unavailable");
    expect((await rejectedBy(engine({ plugin: join(dir(), "gone.so") }))).message).to.contain("engine.plugin:");
  });

  it("refuses to use more devices than there are", async () => {
    const thrown = await rejectedBy(engine({ devices: 3 }, { PJRT_CPU_DEVICES: "2" }));
    expect(thrown.message).to.contain("engine.devices asks for 3 and there are 2");
  });
});
