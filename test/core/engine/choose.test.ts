import { expect } from "chai";
import { beatsCpu, createEngine, findEngines } from "../../../core/engine/choose.ts";
import { type EngineName, engineNames, providerNames } from "../../../core/engine/names.ts";
import { ExperimentError } from "../../../core/errors/errors.ts";

describe("findEngines", () => {
  it("says of every engine what it computes on or why it is not there", async () => {
    const found = await findEngines();
    expect(found.map(({ name }) => name)).to.have.members([...engineNames]);
    for (const { name, available, device, why } of found) {
      expect(device !== "", `${name}: device`).to.equal(available);
      expect(why, name).not.to.equal("");
    }
    const available = found.filter((engine) => engine.available).map(({ name }) => name);
    expect(available).to.include.members(["wasm", "cpu"]);
  });
});

describe("createEngine", () => {
  it("takes for auto the one that findEngines calls chosen, TensorFlow only with a GPU", async () => {
    const chosen = (await findEngines()).filter((engine) => engine.chosen);
    const engine = await createEngine({ name: "auto", threads: 0 });
    expect(chosen.map(({ name }) => name)).to.deep.equal([engine.name]);
    expect(["onnx", "wasm"].includes(engine.name) || engine.device.startsWith("GPU")).to.equal(true);
    await engine.dispose();
  });

  it("never takes for auto what computes on the CPU and is slower than onnx there", () => {
    const taken = (name: EngineName, device: string) => beatsCpu(name, device);
    expect(taken("xla", "GPU, NVIDIA H200, products in float32 (XLA by PJRT 0.115, cuda)")).to.equal(true);
    expect(taken("xla", "TPU, TPU v5e, products in float32 (XLA by PJRT 0.115, tpu)")).to.equal(true);
    expect(taken("xla", "CPU, cpu, products in float32 (XLA by PJRT 0.115, cpu)")).to.equal(false);
    expect(taken("tensorflow", "GPU (TensorFlow, @tensorflow/tfjs-node-gpu)")).to.equal(true);
    expect(taken("tensorflow", "CPU (TensorFlow, @tensorflow/tfjs-node-gpu)")).to.equal(false);
    expect(taken("onnx", "CPU, 8 threads (ONNX Runtime 1.30.0)")).to.equal(true);
  });

  it("says of a GPU that nothing here can use why it is not used", async () => {
    const engine = await createEngine({ name: "auto", threads: 0, plugin: "/nowhere/plugin.so" }, true);
    if (engine.device.startsWith("CPU"))
      expect(engine.notes![0]).to.match(
        /^an NVIDIA GPU is here and is not used: xla: engine\.plugin: \/nowhere\/plugin\.so is not there.*\. `experiment doctor` says what to install\.$/,
      );
    else expect(engine).not.to.have.property("notes");
    await engine.dispose();
    const plain = await createEngine({ name: "auto", threads: 0, plugin: "/nowhere/plugin.so" }, false);
    expect(plain).not.to.have.property("notes");
    await plain.dispose();
  });

  it("says why each TensorFlow package failed", async function () {
    const tensorflow = (await findEngines()).find(({ name }) => name === "tensorflow")!;
    if (tensorflow.available) return this.skip(); // needs a machine without tfjs-node
    const failure = await createEngine({ name: "tensorflow", threads: 0 }).catch((thrown: unknown) => thrown);
    expect(failure).to.be.instanceOf(ExperimentError).with.property("code", "engine.unavailable");
    const { message } = failure as Error;
    expect(message).to.match(
      /@tensorflow\/tfjs-node-gpu (has|is|failed).+; @tensorflow\/tfjs-node (has|is|failed).+\. Install one.+install-scripts approve/,
    );
  });

  for (const provider of providerNames.filter((name) => name !== "cpu"))
    it(`says of ${provider} what it lacks, instead of failing the first step`, async function () {
      const asked = createEngine({ name: "onnx", threads: 1, provider });
      const failure = await asked.then(
        (engine) => engine.dispose(),
        (thrown: unknown) => thrown as Error,
      );
      if (failure === undefined) return this.skip(); // needs a machine without that provider
      expect(failure).to.be.instanceOf(ExperimentError).with.property("code", "engine.unavailable");
      expect(failure.message).to.match(
        /provider `\w+` (does not start here: .+ It needs .+|is not part of this build .+ Available: cpu)/,
      );
      if (process.platform !== "linux" || process.arch !== "x64") return;
      const lacks = {
        cuda: /ONNXRUNTIME_NODE_INSTALL=cuda12/,
        webgpu: /libvulkan1/,
        coreml: /not part of/,
        dml: /not part of/,
      };
      expect(failure.message).to.match(lacks[provider as keyof typeof lacks]);
    });
});
