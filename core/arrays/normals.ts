/** Many normal numbers of one stream, on several threads: to the last bit what `Random.normal` gives one after another. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { advance } from "./xoshiro.ts";

/** Values that a thread takes at once. Each takes two draws. */
const block = 2 ** 18;
/** Below this many values threads would not be ready before the work is done. */
const worthThreads = 16 * block;
/** Beyond this many threads memory is what is waited for. */
const mostThreads = 15;
/** Milliseconds without a finished block after which its thread counts as gone, and the block is made here. */
const patience = 10_000;

/** Fills `into` with `scale` times standard normals, from a generator in this state, and advances the state. */
export function fillNormals(state: Uint32Array, into: Float32Array, scale: number): void {
  const threads = Math.min(availableParallelism() - 1, mostThreads);
  if (threads === 0 || into.length < worthThreads) normalsFrom(state, into, scale);
  else fillTogether(state, into, scale, threads);
}

/**
 * xoshiro128** and Box-Muller as in random.ts, with the state in registers: half of the time. Needs nothing from around it: threads
 * are given its text.
 */
function normalsFrom(state: Uint32Array, into: Float32Array, scale: number): void {
  let [a, b, c, d] = [state[0]! | 0, state[1]! | 0, state[2]! | 0, state[3]! | 0];
  for (let i = 0; i < into.length; i++) {
    let mixed = Math.imul(b, 5);
    const first = Math.imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
    let shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    mixed = Math.imul(b, 5);
    const second = Math.imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
    shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    const radius = Math.sqrt(-2 * Math.log(1 - first / 4294967296));
    into[i] = scale * (radius * Math.cos(2 * Math.PI * (second / 4294967296)));
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

/** What threads share: a counter of blocks that were taken, a mark for each that is done, states and values. */
interface Work {
  readonly counter: Int32Array;
  readonly done: Int32Array;
  /** `[blocks 4]`: before a block is made where it begins, afterwards where it ended. */
  readonly states: Uint32Array;
  readonly values: Float32Array;
  readonly scale: number;
  readonly block: number;
}

/** This thread works with the others, so that it waits for none that is slow to start. */
function fillTogether(state: Uint32Array, into: Float32Array, scale: number, threads: number): void {
  const blocks = Math.ceil(into.length / block);
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  const work: Work = {
    counter: new Int32Array(shared(4)),
    done: new Int32Array(shared(4 * blocks)),
    states: new Uint32Array(shared(16 * blocks)),
    values: new Float32Array(shared(4 * into.length)),
    scale,
    block,
  };
  work.states.set(state);
  for (let i = 1; i < blocks; i++) work.states.set(jumped(work.states.subarray(4 * i - 4, 4 * i)), 4 * i);
  const starts = work.states.slice();
  for (const worker of poolOf(threads)) worker.postMessage(work);
  takeBlocks(work, normalsFrom);
  for (let i = 0; i < blocks; i++) {
    if (Atomics.load(work.done, i) === 1 || Atomics.wait(work.done, i, 0, patience) !== "timed-out") continue;
    const own = starts.slice(4 * i, 4 * i + 4);
    const values = new Float32Array(Math.min(block, into.length - i * block));
    normalsFrom(own, values, scale);
    work.values.set(values, i * block);
    work.states.set(own, 4 * i);
  }
  into.set(work.values);
  state.set(work.states.subarray(4 * blocks - 4));
}

/** Makes blocks until all are taken. Needs nothing from around it: threads are given its text. */
function takeBlocks(work: Work, make: typeof normalsFrom): void {
  const { counter, done, states, values, scale, block } = work;
  for (let i = Atomics.add(counter, 0, 1); i < done.length; i = Atomics.add(counter, 0, 1)) {
    const own = states.slice(4 * i, 4 * i + 4);
    make(own, values.subarray(i * block, Math.min((i + 1) * block, values.length)), scale);
    states.set(own, 4 * i);
    Atomics.store(done, i, 1);
    Atomics.notify(done, i);
  }
}

/** The threads, which end when the caller's turn of the event loop does: a model has several large arrays, one after another. */
let pool: readonly Worker[] = [];

function poolOf(threads: number): readonly Worker[] {
  if (pool.length > 0) return pool;
  const source = `const make = ${normalsFrom}; const take = ${takeBlocks};
    require("node:worker_threads").parentPort.on("message", (work) => take(work, make));`;
  const workers = Array.from({ length: threads }, () => new Worker(source, { eval: true, execArgv: [], env: {} }));
  for (const worker of workers) worker.on("error", () => {}).unref(); // the block of one that fails is made by who waits
  pool = workers;
  setImmediate(() => {
    pool = [];
    for (const worker of workers) void worker.terminate();
  });
  return workers;
}

/** Columns of the matrix over GF(2) that takes a state over the draws of one block. */
let jump: readonly Uint32Array[] | undefined;

/** A state after the draws of one block: xoshiro's step is linear over GF(2) (Blackman & Vigna 2018, section 5). */
function jumped(state: Uint32Array): Uint32Array {
  jump ??= jumpOf(2 * block);
  return product(jump, state);
}

/** The step's matrix to a power of two. */
function jumpOf(draws: number): readonly Uint32Array[] {
  let columns: readonly Uint32Array[] = Array.from({ length: 128 }, (_, bit) => {
    const unit = new Uint32Array(4);
    unit[bit >>> 5] = 1 << (bit & 31);
    advance(unit);
    return unit;
  });
  for (let power = 1; power < draws; power *= 2) {
    const matrix = columns;
    columns = matrix.map((column) => product(matrix, column));
  }
  return columns;
}

function product(columns: readonly Uint32Array[], state: Uint32Array): Uint32Array {
  const result = new Uint32Array(4);
  for (let bit = 0; bit < 128; bit++) {
    if (((state[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue;
    for (let word = 0; word < 4; word++) result[word]! ^= columns[bit]![word]!;
  }
  return result;
}
