/** A process that times itself: this project's `subject.ts`, or PyTorch's script. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Effort } from "./measure.ts";
import { type SizeName, sizes } from "./sizes.ts";
import type { SubjectOptions } from "./subject.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export class Child {
  private readonly answers: AsyncIterator<string>;
  private readonly child: ChildProcess;
  private constructor(child: ChildProcess, lines: Interface) {
    this.child = child;
    this.answers = lines[Symbol.asyncIterator]();
  }

  private static async started(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<Child> {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", process.env.BENCH_DEBUG ? "inherit" : "ignore"],
      env,
    });
    child.on("error", () => {});
    const made = new Child(child, createInterface({ input: child.stdout! }));
    made.version = ((await made.read()) as { version: string }).version;
    return made;
  }

  /** What it calls itself. */
  version = "";

  static engine(options: SubjectOptions): Promise<Child> {
    const args = ["--expose-gc", "--import", "tsx/esm", here("subject.ts"), JSON.stringify(options)];
    return Child.started(process.execPath, args, process.env);
  }

  /** PyTorch from `BENCH_PYTHON`, or the first python3 that can import torch; undefined where none can. */
  static async pytorch(size: SizeName, { threads, clock }: Effort): Promise<Child | undefined> {
    const count = String(threads);
    const env = { ...process.env, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count };
    const given = process.env.BENCH_PYTHON;
    for (const python of given === undefined ? ["python3", "/usr/bin/python3"] : [given]) {
      try {
        const sizeText = JSON.stringify({ ...sizes[size], threads, clock });
        return await Child.started(python, [here("pytorch_step.py"), sizeText], env);
      } catch {}
    }
    return undefined;
  }

  private async read(): Promise<unknown> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`a child ended early; BENCH_DEBUG=1 shows why`);
    return JSON.parse(value as string);
  }

  async ask<T>(line: string): Promise<T> {
    this.child.stdin!.write(`${line}\n`);
    return (await this.read()) as T;
  }

  end(): void {
    this.child.kill();
  }
}
