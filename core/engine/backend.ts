/** Opening TensorFlow.js' backends, and finding out why one cannot be had. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { promisify } from "node:util";
import { engineUnavailable, reasonOf } from "../errors/errors.ts";
import { quietTensorflow } from "./quiet.ts";
import { tf } from "./tensorflow.ts";
import { patchWasmKernels } from "./wasm-kernels.ts";

export type EagerName = "tensorflow" | "wasm" | "cpu";

/** The packages that carry the `tensorflow` backend, best first. Optional: neither may be there. */
const tensorflowPackages: readonly string[] = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

/** What tfjs-node's backend tells about itself. */
interface TensorflowBackend {
  readonly isUsingGpuDevice?: boolean;
}

/** Loads and initialises a backend and makes it current; gives what it computes on, in words. */
export async function openBackend(name: EagerName): Promise<string> {
  quietTensorflow();
  const opening = { tensorflow: openTensorflow, wasm: openWasm, cpu: openCpu }[name];
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

async function openTensorflow() {
  const failures: string[] = [];
  for (const name of tensorflowPackages) {
    try {
      restoreUtil();
      await tryInChild(name);
      await import(name);
      if (!(await tf.setBackend("tensorflow"))) throw new Error("its backend did not start");
      const gpu = (tf.backend() as unknown as TensorflowBackend).isUsingGpuDevice === true;
      // A GPU package that is half there must not look as if nobody had wanted it.
      const broken = failures
        .filter((failure) => !failure.endsWith("is not installed"))
        .map((failure) => `; ${failure}`);
      return `${gpu ? "GPU" : "CPU"} (TensorFlow, ${name}${broken.join("")})`;
    } catch (thrown) {
      failures.push(`${name} ${whyNot(thrown)}`);
    }
  }
  const name = tensorflowPackages[1];
  const remedy = `Install one of them (\`npm i ${name}\`; npm 12 and later then want \`npm install-scripts approve ${name}\` and \`npm rebuild ${name}\`), or use another engine.`;
  throw engineUnavailable("tensorflow", failures.join("; "), remedy);
}

/** Two functions that tfjs-node 4.22 calls and Node 23 took away. */
const formerUtil = { isNullOrUndefined: (x: unknown) => x === null || x === undefined, isArray: Array.isArray };

function restoreUtil(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  for (const [name, f] of Object.entries(formerUtil)) util[name] ??= f;
}

/** Loads a package in a process of its own: a library that is cut short kills who loads it (SIGBUS). */
async function tryInChild(name: string): Promise<void> {
  const path = createRequire(import.meta.url).resolve(name);
  const shim = "const u=require('node:util');u.isNullOrUndefined??=(x)=>x==null;u.isArray??=Array.isArray;";
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
  const args = ["-e", `${shim}require(${JSON.stringify(path)})`];
  const ended = await promisify(execFile)(process.execPath, args, { env }).then(
    () => undefined,
    (thrown: Error & { signal?: string }) => thrown,
  );
  if (ended?.signal)
    throw new Error(`its library ends the process that loads it (${ended.signal}): reinstall the package`);
}

/** Whether the TensorFlow backend could have a GPU, found out without loading its library (270 MB, a second). */
export function mayHaveTensorflowGpu(): boolean {
  const driver = ["/dev/nvidiactl", "/proc/driver/nvidia/version", "C:\\Windows\\System32\\nvcuda.dll"];
  if (!driver.some((path) => existsSync(path))) return false;
  try {
    return createRequire(import.meta.url).resolve(tensorflowPackages[0]!) !== "";
  } catch {
    return false;
  }
}

function whyNot(thrown: unknown): string {
  const [line = ""] = reasonOf(thrown).split("\n", 1);
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return "is not installed";
  if (line.includes("native addon module")) return "has no native library (its install step downloads one)";
  return `failed: ${line}`;
}
