/** ONNX Runtime in a thread of its own, as the main thread sees it. */
import type { Worker } from "node:worker_threads";
import { engineUnavailable, reasonOf } from "../../errors/errors.ts";
import { startThread } from "../../modules/thread.ts";
import { ExitGate } from "./exit-gate.ts";
import type { HostCall, HostCalls, HostReply, HostTensors } from "./host-calls.ts";

/** `skip`: its install script would fetch CUDA libraries, and fails where their host is out of reach. */
const remedy = "Install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node`.";

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** A thread at rest. One is kept for the next engine of this process: runs that follow each other need not start it again. */
let resting: Host | undefined;

/** Gates of the threads that live. */
const gates = new Set<ExitGate>();
/** The longest that the end of the process waits for a step, ms. */
const longestStep = 10_000;

/** Whatever ends the process: a second Ctrl-C, an error that nobody caught. */
function endBetweenCalls(): void {
  for (const gate of gates) gate.close(longestStep);
}

export class Host {
  private readonly worker: Worker;
  private readonly gate = new ExitGate();
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  private failure: Error | undefined;

  private constructor() {
    this.gate.enter(); // until the library is loaded
    this.worker = startThread(import.meta.url, "host-thread", this.gate.memory);
    this.worker.unref();
    if (gates.size === 0) process.on("exit", endBetweenCalls);
    gates.add(this.gate);
    this.worker.on("message", ({ id, value, error }: HostReply) => {
      const { resolve, reject } = this.settled(id);
      if (error === undefined) resolve(value);
      else reject(new Error(error));
    });
    this.worker.on("error", (error: Error) => this.fail(error));
    this.worker.on("exit", () => this.fail(new Error("the thread of ONNX Runtime has ended")));
  }

  /** Takes the thread at rest, or starts one. Throws `engine.unavailable` with the reason where ONNX Runtime cannot be loaded. */
  static async open(): Promise<Host> {
    const host = resting?.failure === undefined ? (resting ?? new Host()) : new Host();
    resting = undefined;
    try {
      await host.call("about");
      return host;
    } catch (thrown) {
      throw engineUnavailable("onnx", reasonOf(thrown), remedy);
    }
  }

  /** Asks for something to be done; calls are answered in order. Rejects with a plain error. */
  call<K extends HostCall>(call: K, ...args: Parameters<HostCalls[K]>): Promise<ReturnType<HostCalls[K]>> {
    return this.send([], call, ...args);
  }

  /** Moves arrays into a state without a copy; they are gone from here afterwards. Each must have a buffer of its own. */
  give(state: number, tensors: HostTensors): Promise<void> {
    const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
    return this.send(buffers, "give", state, tensors);
  }

  private send<K extends HostCall>(
    moved: readonly ArrayBuffer[],
    call: K,
    ...args: Parameters<HostCalls[K]>
  ): Promise<ReturnType<HostCalls[K]>> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      const id = ++this.count;
      this.waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
      this.worker.ref(); // keeps the process alive while an answer is due, and only then
      this.worker.postMessage({ id, call, args }, moved);
    });
  }

  /**
   * Frees all that the thread holds and lays it to rest, or ends it where another one rests, once it has answered everything:
   * ended within a call of ONNX Runtime, it would take the process with it.
   */
  async close(): Promise<void> {
    do await this.call("clear").catch(() => {});
    while (this.waiting.size > 0);
    if (resting !== undefined || this.failure !== undefined) await this.worker.terminate();
    else resting = this;
  }

  private settled(id: number): Waiting {
    const waiting = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.worker.unref();
    return waiting;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.gate.leave();
    gates.delete(this.gate);
    if (gates.size === 0) process.off("exit", endBetweenCalls);
    for (const id of [...this.waiting.keys()]) this.settled(id).reject(this.failure);
  }
}
