/** The wasm backend as it comes, without this project's replacements of slow kernels: what a TensorFlow.js user would have. */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { createEagerEngine } from "../core/engine/eager.ts";
import type { Engine } from "../core/engine/engine.ts";
import { tf } from "../core/engine/tensorflow.ts";

/** An eager engine on unchanged kernels. Run it in a process of its own: the real engine replaces them for good. */
export async function stockWasm(): Promise<Engine> {
  setWasmPaths(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  await tf.setBackend("wasm");
  const stock = tf.getKernelsForBackend("wasm");
  const engine = await createEagerEngine("wasm", { threads: 1 });
  for (const kernel of stock) {
    tf.unregisterKernel(kernel.kernelName, "wasm");
    tf.registerKernel(kernel);
  }
  return { ...engine, device: "CPU, 1 thread (stock WebAssembly)" };
}
