import { reasonOf } from "../../../../core/errors/errors.ts";
import type { HttpReply, HttpRequest, Transport } from "./transport.ts";

/**
 * Why an upload ended early: `refused` the key, `rejected` the request for good, `unreachable` within the time there was.
 * Its message is one line without secrets.
 */
export class UploadError extends Error {
  readonly kind: "refused" | "rejected" | "unreachable";
  /** How long the server asked to be left alone, ms. */
  readonly wait: number;
  constructor(kind: UploadError["kind"], message: string, wait = 0) {
    super(message);
    this.name = "UploadError";
    this.kind = kind;
    this.wait = wait;
  }
}

/** How long to go on trying. */
export interface Patience {
  /** Time of the transport's clock after which no further attempt starts. */
  readonly until: number;
  /** Attempts at one request. */
  readonly attempts: number;
  /** Told before each wait for the next attempt: how long, ms, and why. */
  readonly onWait?: (ms: number, reason: string) => void;
}

/** Answers that the same request would get again; every other 4xx and 5xx may pass (core/internal/clients/retry_policy.go). */
const final: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501]);

const firstWait = 2_000;
const longestWait = 60_000;

/**
 * Sends a request until it is answered with success, waiting 2 s, 4 s … 60 s plus up to a quarter between attempts, or as long
 * as `Retry-After` says. `request` may be made anew for each attempt.
 * `accept` reads the answer; what it throws counts as an attempt that failed. `refusal` tells the
 * answers that no further attempt would change.
 */
export async function requestUntilDone<T>(
  transport: Transport,
  request: HttpRequest | (() => Promise<HttpRequest>),
  patience: Patience,
  accept: (reply: HttpReply) => T,
  refusal: (reply: HttpReply) => UploadError | undefined = refusalOf,
): Promise<T> {
  let wait = firstWait;
  for (let attempt = 1; ; attempt++) {
    let reason: string;
    let asked: number | undefined;
    try {
      const next = typeof request === "function" ? await request() : request;
      const timeoutMs = Math.max(1, Math.min(next.timeoutMs, patience.until - transport.now()));
      const reply = await transport.request({ ...next, timeoutMs });
      if (reply.status >= 200 && reply.status < 300) return accept(reply);
      const refused = refusal(reply);
      if (refused !== undefined) throw refused;
      reason = `HTTP ${reply.status}`;
      asked = retryAfterMs(reply.retryAfter, transport.date());
    } catch (thrown) {
      if (thrown instanceof UploadError) throw thrown;
      reason = causeOf(thrown);
    }
    const pause = asked ?? wait * (1 + transport.random() / 4);
    if (attempt >= patience.attempts || transport.now() + pause >= patience.until) {
      throw new UploadError(
        "unreachable",
        `no success within ${attempt} ${attempt === 1 ? "attempt" : "attempts"}, last: ${reason}`,
        asked,
      );
    }
    patience.onWait?.(pause, reason);
    await transport.sleep(pause);
    wait = Math.min(longestWait, wait * 2);
  }
}

/** What W&B's own client takes for the last word, too. */
export function refusalOf({ status }: HttpReply): UploadError | undefined {
  if (!final.has(status)) return undefined;
  if (status === 401 || status === 403) return new UploadError("refused", `the API key is refused (HTTP ${status})`);
  if (status === 404 || status === 410)
    return new UploadError("rejected", `the run or project is not there (HTTP ${status})`);
  return new UploadError("rejected", `the server rejects the data (HTTP ${status})`);
}

/** Seconds, fractions too, or an HTTP date; undefined where it is neither. */
function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = cause instanceof Error && "code" in cause ? `${String(cause.code)}: ` : "";
  return `${code}${reasonOf(cause)}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, 200);
}
