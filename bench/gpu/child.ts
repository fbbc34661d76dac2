/** A process that times steps on a GPU: it says its version, then answers each line with a line of JSON. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class GpuChild {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  version = "";

  private constructor(child: ChildProcess) {
    this.child = child;
    this.answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts it; undefined where it ends before it has said anything, as Python does without the package it needs. */
  static async start(command: string, args: readonly string[]): Promise<GpuChild | undefined> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", process.env.BENCH_DEBUG ? "inherit" : "ignore"] });
    child.on("error", () => {});
    const made = new GpuChild(child);
    const first = await made.read();
    if (first === undefined) return undefined;
    made.version = (first as { version: string }).version;
    return made;
  }

  private async read(): Promise<unknown> {
    const { value, done } = await this.answers.next();
    return done ? undefined : JSON.parse(value as string);
  }

  async ask<T>(line: string): Promise<T> {
    this.child.stdin!.write(`${line}\n`);
    const answer = await this.read();
    if (answer === undefined) throw new Error("a child ended early; BENCH_DEBUG=1 shows why");
    return answer as T;
  }

  /** Resolves once its memory is free again. */
  async end(): Promise<void> {
    this.child.stdin!.end();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }
}
