/** The packages that bring TensorFlow's own library: opening one, and finding out why that cannot be had. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { engineUnavailable, reasonOf } from "../errors/errors.ts";
import { tf } from "./tensorflow.ts";

/** Best first. Optional: neither may be there. */
const packages: readonly string[] = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

const require = createRequire(import.meta.url);

/** What tfjs-node's backend tells about itself. */
interface TensorflowBackend {
  readonly isUsingGpuDevice?: boolean;
}

/** Opens the first package that works; gives what it computes on, in words. `among`: their names, or their folders. */
export async function openTensorflow(among: readonly string[] = packages): Promise<string> {
  const failures: string[] = [];
  for (const name of among) {
    const path = resolved(name);
    if (path === undefined) {
      failures.push(`${name} ${absent}`);
      continue;
    }
    try {
      await tryInChild(path);
      restoreUtil();
      process.env.TF_CPP_MIN_LOG_LEVEL ??= silent; // its library reads it as it is loaded
      require(path);
      if (!(await tf.setBackend("tensorflow"))) throw new Error("its backend did not start");
      const gpu = (tf.backend() as unknown as TensorflowBackend).isUsingGpuDevice === true;
      // A GPU package that is half there must not look as if nobody had wanted it.
      const broken = failures.filter((failure) => !failure.endsWith(absent)).map((failure) => `; ${failure}`);
      return `${gpu ? "GPU" : "CPU"} (TensorFlow, ${name}${broken.join("")})`;
    } catch (thrown) {
      failures.push(`${name} ${whyNot(thrown)}`);
    }
  }
  const name = packages[1];
  const remedy = `Install one of them (\`npm i ${name}\`; npm 12 and later then want \`npm install-scripts approve ${name}\` and \`npm rebuild ${name}\`), or use another engine.`;
  throw engineUnavailable("tensorflow", failures.join("; "), remedy);
}

/** Whether the package that may compute on a GPU is there, found out without loading its library (270 MB, a second). */
export function hasGpuPackage(): boolean {
  return resolved(packages[0]!) !== undefined;
}

const absent = "is not installed";

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** The level at which TensorFlow logs nothing; four lines of advice otherwise. */
const silent = "3";

/** Two functions that tfjs-node 4.22 calls and Node 23 took away. */
function restoreUtil(): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  util.isArray ??= Array.isArray;
}

/** Loads a package in a process of its own: a library that is cut short kills who loads it (SIGBUS). */
async function tryInChild(path: string): Promise<void> {
  const restored = "const u=require('node:util');u.isNullOrUndefined??=(x)=>x==null;u.isArray??=Array.isArray;";
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: silent };
  const ended = await promisify(execFile)(process.execPath, ["-e", `${restored}require(${JSON.stringify(path)})`], {
    env,
  }).then(
    () => undefined,
    (thrown: Error & { signal?: string }) => thrown,
  );
  if (ended?.signal)
    throw new Error(`its library ends the process that loads it (${ended.signal}): reinstall the package`);
}

function whyNot(thrown: unknown): string {
  const [line = ""] = reasonOf(thrown).split("\n", 1);
  if (line.includes("native addon module")) return "has no native library (its install step downloads one)";
  return `failed: ${line}`;
}
