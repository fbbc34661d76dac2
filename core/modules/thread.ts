/** Threads that run a module of ours. */
import { Worker } from "node:worker_threads";

/**
 * Starts the module `name` (without its ending) beside the module `from` in a thread, compiled or not: threads do not inherit what
 * makes Node run TypeScript.
 */
export function startThread(from: string, name: string, workerData?: unknown): Worker {
  if (!from.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, from), { workerData });
  const [api, thread] = [import.meta.resolve("tsx/esm/api"), new URL(`./${name}.ts`, from).href];
  const source = `import("${api}").then(({ register }) => { register(); return import("${thread}"); })`;
  return new Worker(source, { eval: true, workerData });
}
