/** Opening TensorFlow.js' backends, and finding out why one cannot be had. */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { engineUnavailable, reasonOf } from "../errors/errors.ts";
import { quietTensorflow } from "./quiet.ts";
import { tf } from "./tensorflow.ts";
import { openTensorflow } from "./tfjs-node.ts";
import { patchWasmKernels } from "./wasm-kernels.ts";

export type EagerName = "tensorflow" | "wasm" | "cpu";

/** Loads and initialises a backend and makes it current; gives what it computes on, in words. */
export async function openBackend(name: EagerName): Promise<string> {
  quietTensorflow();
  const opening = { tensorflow: () => openTensorflow(), wasm: openWasm, cpu: openCpu }[name];
  return opening();
}

/** Makes an opened backend current. Engines share one TensorFlow.js, so each does this before it touches a tensor. */
export function activate(name: EagerName): void {
  if (tf.getBackend() !== name) void tf.setBackend(name); // takes effect at once for a backend that has been opened
}

async function openCpu() {
  await tf.setBackend("cpu");
  return "CPU, 1 thread (plain JavaScript)";
}

async function openWasm() {
  const remedy = "Reinstall @tensorflow/tfjs-backend-wasm, or use another engine (`experiment doctor` lists them).";
  try {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
    if (tf.findBackend("wasm") === null) setWasmPaths(dirname(entry) + sep);
    const started = await withoutCrashHandlers(() => tf.setBackend("wasm"));
    if (!started) throw new Error("its module did not start");
  } catch (thrown) {
    throw engineUnavailable("wasm", reasonOf(thrown), remedy);
  }
  patchWasmKernels();
  return "CPU, 1 thread (WebAssembly)";
}

/** Removes the process-wide handlers that the module installs as it starts: they answer any crash by printing its whole source. */
async function withoutCrashHandlers<T>(start: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Map(events.map((event) => [event, new Set<unknown>(process.listeners(event as "exit"))]));
  try {
    return await start();
  } finally {
    for (const event of events)
      for (const listener of process.listeners(event as "exit"))
        if (!before.get(event)!.has(listener)) process.removeListener(event, listener);
  }
}
