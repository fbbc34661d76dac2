/**
 * Lets a process end between two calls of ONNX Runtime, never within one: a thread that is ended there throws where C++ does not
 * catch it, and the process aborts whatever exit code it was to have.
 */

const busy = 0;
const leaving = 1;

/** One side of it; the thread makes its own over the `memory` that it is given. */
export class ExitGate {
  readonly memory: SharedArrayBuffer;
  readonly #flags: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#flags = new Int32Array(memory);
  }

  /** Before a call. Once the process is leaving it does not resolve. */
  enter(): Promise<void> | undefined {
    Atomics.store(this.#flags, busy, 1);
    if (Atomics.load(this.#flags, leaving) === 0) return undefined;
    this.leave();
    return new Promise(() => {});
  }

  /** After a call. */
  leave(): void {
    Atomics.store(this.#flags, busy, 0);
    Atomics.notify(this.#flags, busy);
  }

  /** Lets no further call begin, and waits for the one in hand, `ms` at most. Returns whether none is left. */
  close(ms: number): boolean {
    Atomics.store(this.#flags, leaving, 1);
    return Atomics.wait(this.#flags, busy, 1, ms) !== "timed-out";
  }
}
