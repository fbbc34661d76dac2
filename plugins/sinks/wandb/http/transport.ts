/** The network and the clock, as everything that uploads sees them; a test puts its own in their place. */
import { openAsBlob } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { type Fetch, proxiedFetch } from "./proxied-fetch.ts";
import type { Proxies } from "./proxies.ts";

/** A file to be sent as it is on the disk, never whole in memory. */
export interface FileBody {
  readonly file: string;
}

export interface HttpRequest {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FileBody;
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  /** Value of the `Retry-After` header. */
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export interface Transport {
  /** Rejects where there is no whole answer: no connection, a reset, the time is over. */
  request(request: HttpRequest): Promise<HttpReply>;
  /** ms on a clock that nobody sets: for deadlines. */
  now(): number;
  /** ms since 1970. */
  date(): number;
  /** Waits, however long. */
  sleep(ms: number): Promise<void>;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
}

/** The real network and clock. */
export const network: Transport = networkThrough(undefined);

/** The real network, by way of proxies where there are any, and clock. */
export function networkThrough(proxies: Proxies | undefined): Transport {
  const send: Fetch = proxies === undefined ? fetch : proxiedFetch(proxies);
  return {
    async request({ method, url, headers, body, timeoutMs }) {
      const reply = await send(url, {
        method,
        headers,
        body: typeof body === "string" ? body : await openAsBlob(body.file),
        redirect: "error",
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      });
      return {
        status: reply.status,
        retryAfter: reply.headers.get("retry-after") ?? undefined,
        text: await textOf(reply),
      };
    },
    now: () => performance.now(),
    date: Date.now,
    sleep: (ms) => sleepFor(ms),
    random: Math.random,
  };
}

/** A timer that is to wait for longer fires at once. */
const longestTimer = 2 ** 31 - 1;

/** Waits for any time, also one that is too long for a timer; rejects when `signal` ends the wait. */
export async function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= longestTimer)
    await setTimeout(Math.min(left, longestTimer), undefined, { signal });
}

/** Bytes of an answer that are read; the longest that W&B gives, the status of a run, holds its config and its last rows. */
const largestAnswer = 64 * 1024 * 1024;

/** The text of an answer. Throws for one without an end, which is read no further. */
async function textOf(reply: Response): Promise<string> {
  if (reply.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const bytes of reply.body) {
    size += bytes.length;
    if (size > largestAnswer) throw new Error(`an answer of more than ${largestAnswer / 2 ** 20} MiB`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
