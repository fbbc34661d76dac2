/** A PJRT plugin on this machine's CPU, built from C where there is a compiler; it computes where a Python has jaxlib. */
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = (name: string) => fileURLToPath(new URL(`./pjrt-cpu/${name}`, import.meta.url));

let built: string | undefined;

/** Path of the plugin, built once; undefined without a C compiler. Each name is a library, and so a client, of its own. */
export function cpuPlugin(): string | undefined {
  if (built !== undefined) return built;
  const path = join(mkdtempSync(join(tmpdir(), "pjrt-cpu-")), "pjrt_cpu_plugin.so");
  try {
    execFileSync("cc", ["-O1", "-shared", "-fPIC", "-o", path, source("plugin.c")], { stdio: "ignore" });
    built = path;
  } catch {
    return undefined;
  }
  return built;
}

/** The command that computes; undefined unless JAX_PYTHON, else `python3`, has jaxlib. */
export function computeCommand(): string | undefined {
  const python = process.env.JAX_PYTHON ?? "python3";
  try {
    execFileSync(python, ["-c", "import jaxlib, jax, numpy"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return `exec ${python} ${source("compute.py")}`;
}

/** Sets variables for one piece of work. */
export async function withEnvironment<T>(
  variables: Record<string, string | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  const set = (values: Record<string, string | undefined>) => {
    for (const [name, value] of Object.entries(values))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  set(variables);
  try {
    return await work();
  } finally {
    set(before);
  }
}
