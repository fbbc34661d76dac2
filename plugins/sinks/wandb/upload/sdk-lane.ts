/**
 * The way of history lines through `@wandb/sdk`. The SDK batches and sends; it may not be trusted with more: it drops what a
 * server refuses, stamps rows anew and turns NaN into null. So its file stream is made to carry our lines as they are, at our
 * offsets, and to tell what became of each request; at the first doubt it is given up for good.
 */
import type { Account } from "../login/account.ts";
import type { HistoryLane, Lines } from "./batch.ts";
import type { ServerRun } from "./server.ts";

/** What `fetch` gives; the SDK leaves the body unread. */
interface Reply {
  readonly ok?: boolean;
  json?(): Promise<unknown>;
}

/** The parts of the SDK's file stream that are held on to (`dist/internal/filestream.js` of 0.5.1). */
interface FileStream {
  bufferRecord(record: Record<string, Lines>): void;
  send(body: { files?: Record<string, { offset: number; content: string[] }> }): Promise<Reply | null>;
  readonly lastChunks: Record<string, { offset: number; data: object }>;
}

interface SdkRun {
  log(data: Record<string, unknown>, step: number): void;
}

/** Milliseconds in which the SDK must bring rows to the server; its own pause between requests is up to 30 s. */
const sdkTimeout = 75_000;

/** Starts the SDK on a run that is on the server already; `heard` gets the server's answers, and throws for one that acknowledges nothing. Rejects where it cannot be used. */
export async function openSdkLane(
  account: Account,
  run: ServerRun,
  config: string,
  heard: (answer: unknown) => void,
): Promise<HistoryLane> {
  const { default: wandb } = await import("@wandb/sdk");
  const options = {
    project: run.project,
    entity: run.entity,
    id: run.id,
    config: JSON.parse(config) as object,
    settings: { apiKey: account.login, baseUrl: account.baseUrl, offline: false, silent: true },
  };
  const started = await within(30_000, wandb.init(options as unknown as Parameters<typeof wandb.init>[0]));
  const stream = fileStreamOf(started);
  const sdk = started as unknown as SdkRun;
  let exact: readonly string[] = [];
  let summaryText = "{}";
  let settle: { done: () => void; failed: (reason: Error) => void } | undefined;

  const buffer = stream.bufferRecord.bind(stream);
  stream.bufferRecord = (record) => {
    const history = record["wandb-history.jsonl"];
    const line = history === undefined ? undefined : exact[history.offset - first];
    if (history === undefined || line === undefined) settle?.failed(new Error("the SDK moved a row"));
    else buffer({ "wandb-history.jsonl": { offset: history.offset, content: [line] } });
  };
  const send = stream.send.bind(stream);
  stream.send = async (body) => {
    const history = body.files?.["wandb-history.jsonl"];
    if (history === undefined) return null; // nothing but our own rows goes this way, the end of the run neither
    const summary = { "wandb-summary.json": { offset: 0, content: [summaryText] } };
    const reply = await send({ files: { "wandb-history.jsonl": history, ...summary } });
    const taken = reply?.ok && (await acknowledged(reply));
    if (!taken) settle?.failed(new Error("the SDK's request failed"));
    else if (history.offset + history.content.length === first + exact.length) settle?.done();
    return reply;
  };

  const acknowledged = async (reply: Reply): Promise<boolean> => {
    try {
      heard(await reply.json?.());
      return true;
    } catch {
      return false;
    }
  };

  let first = 0;
  return async (lines, summary) => {
    first = lines.offset;
    exact = lines.content;
    summaryText = summary;
    const chunk = stream.lastChunks["wandb-history.jsonl"];
    if (chunk === undefined) throw new Error("the SDK keeps no offset");
    chunk.offset = first;
    const sent = new Promise<void>((done, failed) => {
      settle = { done, failed };
    });
    exact.forEach((line, i) => {
      sdk.log(valuesOf(line), first + i);
    });
    await within(sdkTimeout, sent);
  };
}

function fileStreamOf(run: unknown): FileStream {
  const messenger = (run as { _messenger?: { sender?: { filestream?: Partial<FileStream> } } })._messenger;
  const stream = messenger?.sender?.filestream;
  const whole = typeof stream?.send === "function" && typeof stream.bufferRecord === "function" && stream.lastChunks;
  if (!whole) throw new Error("this version of @wandb/sdk is unknown");
  return stream as FileStream;
}

/** The row for the SDK's own books; one with NaN, which `JSON.parse` does not take, is sent as text all the same. */
function valuesOf(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { _row: true };
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the SDK did not answer within ${ms / 1000} s`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
