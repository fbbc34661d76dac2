/** Texts to ids on several threads, in the order of the texts. */
import type { Worker } from "node:worker_threads";
import type { Ids } from "../../arrays/token-ids.ts";
import { startThread } from "../../modules/thread.ts";

export interface EncodeSettings {
  readonly tokenizer: string;
  /** Whether ids take 32 bits. */
  readonly wide: boolean;
}

export interface EncodeRequest {
  readonly number: number;
  readonly texts: readonly string[];
}

export interface EncodeReply {
  readonly number: number;
  readonly ids?: readonly Ids[];
  /** Why there are none. */
  readonly problem?: string;
}

/** Batches that a thread has before it, so that it never waits for the next. */
const ahead = 2;

/** Yields the ids of each batch of texts. Ends its threads whenever the reader stops. */
export async function* encodeAll(
  batches: Iterable<readonly string[]>,
  threads: number,
  settings: EncodeSettings,
): AsyncGenerator<readonly Ids[]> {
  const workers: Worker[] = [];
  const waiting = new Map<number, { resolve(ids: readonly Ids[]): void; reject(reason: Error): void }>();
  const fail = (reason: Error) => {
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  const start = () => {
    const worker = startThread(import.meta.url, "encode-thread", settings);
    worker.on("message", ({ number, ids, problem }: EncodeReply) => {
      const one = waiting.get(number);
      waiting.delete(number);
      if (ids === undefined) one?.reject(new Error(problem));
      else one?.resolve(ids);
    });
    worker.on("error", fail);
    worker.on("exit", () => fail(new Error("a thread that tokenizes has ended")));
    workers.push(worker);
    return worker;
  };
  const results: Promise<readonly Ids[]>[] = [];
  let number = 0;
  try {
    for (const texts of batches) {
      const worker = workers.length < threads ? start() : workers[number % threads]!;
      const result = new Promise<readonly Ids[]>((resolve, reject) => waiting.set(number, { resolve, reject }));
      result.catch(() => {}); // told to whoever takes it in its turn
      const request: EncodeRequest = { number: number++, texts };
      worker.postMessage(request);
      results.push(result);
      if (results.length >= threads * ahead) yield await results.shift()!;
    }
    for (const result of results) yield await result;
  } finally {
    for (const worker of workers) worker.removeAllListeners("exit");
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
