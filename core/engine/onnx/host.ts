/** ONNX Runtime in a thread of its own, as the main thread sees it. */
import { Worker } from "node:worker_threads";
import { engineUnavailable, reasonOf } from "../../errors/errors.ts";
import type { HostCall, HostCalls, HostReply } from "./host-calls.ts";

/** `skip`: its install script would fetch CUDA libraries, and fails where their host is out of reach. */
const remedy = "Install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`.";

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** The thread's module lies beside this one, compiled or not; threads do not inherit what makes Node run TypeScript. */
function startThread(): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./host-thread.js", import.meta.url));
  const [api, thread] = [import.meta.resolve("tsx/esm/api"), new URL("./host-thread.ts", import.meta.url).href];
  const source = `import("${api}").then(({ register }) => { register(); return import("${thread}"); })`;
  return new Worker(source, { eval: true });
}

export class Host {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  private failure: Error | undefined;

  private constructor() {
    this.worker = startThread();
    this.worker.unref();
    this.worker.on("message", ({ id, value, error }: HostReply) => {
      const { resolve, reject } = this.settled(id);
      if (error === undefined) resolve(value);
      else reject(new Error(error));
    });
    this.worker.on("error", (error: Error) => this.fail(error));
    this.worker.on("exit", () => this.fail(new Error("the thread of ONNX Runtime has ended")));
  }

  /** Starts the thread. Throws `engine.unavailable` with the reason where ONNX Runtime cannot be loaded. */
  static async open(): Promise<Host> {
    const host = new Host();
    try {
      await host.call("about");
      return host;
    } catch (thrown) {
      throw engineUnavailable("onnx", reasonOf(thrown), remedy);
    }
  }

  /** Asks for something to be done; calls are answered in order. Rejects with a plain error. */
  call<K extends HostCall>(call: K, ...args: Parameters<HostCalls[K]>): Promise<ReturnType<HostCalls[K]>> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      const id = ++this.count;
      this.waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.worker.ref(); // keeps the process alive while an answer is due, and only then
      this.worker.postMessage({ id, call, args });
    });
  }

  /** Ends the thread once it has answered everything: ended within a call of ONNX Runtime, it would take the process with it. */
  async close(): Promise<void> {
    do await this.call("about").catch(() => {});
    while (this.waiting.size > 0);
    await this.worker.terminate();
  }

  private settled(id: number): Waiting {
    const waiting = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.worker.unref();
    return waiting;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const id of [...this.waiting.keys()]) this.settled(id).reject(this.failure);
  }
}
