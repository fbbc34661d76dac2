/** The network and the clock, as everything that uploads sees them; a test puts its own in their place. */
import { openAsBlob } from "node:fs";
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
  /** ms since 1970. */
  now(): number;
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
        signal: AbortSignal.timeout(timeoutMs),
      });
      return {
        status: reply.status,
        retryAfter: reply.headers.get("retry-after") ?? undefined,
        text: await reply.text(),
      };
    },
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  };
}
