/** A W&B server for tests: GraphQL, file_stream and uploads in memory, with faults to order. */
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpReply, HttpRequest, Transport } from "../../plugins/sinks/wandb/transport.ts";

/** What goes wrong with one request. `applied`: the server does its work all the same, only the answer is lost. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string; readonly applied?: boolean }
  | { readonly kind: "reset"; readonly applied: boolean }
  | { readonly kind: "stall"; readonly ms: number; readonly applied: boolean }
  | { readonly kind: "malformed" };

export interface FakeRequest {
  readonly path: string;
  /** GraphQL operation, `file_stream`, or `PUT`. */
  readonly operation: string;
  readonly authorization: string;
  /** Who asks: `@wandb/sdk` calls itself "W&B Internal JS Client". */
  readonly userAgent: string;
  readonly body: string;
}

/** What the server holds of one run. */
export interface FakeRun {
  readonly history: (string | undefined)[];
  readonly events: (string | undefined)[];
  readonly output: (string | undefined)[];
  summary: string;
  variables: Record<string, unknown>;
  exitcode: number | undefined;
  upserts: number;
  readonly uploaded: Set<string>;
  readonly files: Map<string, string>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter?: string;
}

export class FakeWandb {
  readonly runs: Map<string, FakeRun> = new Map();
  readonly requests: FakeRequest[] = [];
  /** Asked before each request. */
  fault: (request: FakeRequest, index: number) => Fault | undefined = () => undefined;
  /** What `UpsertBucket` says of the lines that it has; the truth where undefined. */
  claimedLines: number | undefined;
  #http: HttpServer | undefined;
  /** Where it listens; empty without a network. */
  #url = "";

  run(id: string): FakeRun {
    const found = this.runs.get(id);
    if (found === undefined) throw new Error(`the server has no run ${id}, only ${[...this.runs.keys()].join(", ")}`);
    return found;
  }

  /** A transport that reaches this server without a network, in time that only it moves. */
  transport(clock: { time: number }): Transport {
    return {
      now: () => clock.time,
      sleep: async (ms) => {
        clock.time += ms;
      },
      random: () => 0.5,
      request: async (request) => this.#virtual(request, clock),
    };
  }

  /** Listens on loopback; resolves with the base URL. */
  async listen(): Promise<string> {
    const http = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
    this.#http = http;
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    this.#url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return this.#url;
  }

  async close(): Promise<void> {
    this.#http?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#http === undefined ? resolve() : this.#http.close(() => resolve())));
  }

  async #virtual({ url, headers, body, timeoutMs }: HttpRequest, clock: { time: number }): Promise<HttpReply> {
    clock.time += 20;
    const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
    const request = this.#noted(new URL(url).pathname, headers.Authorization ?? "", headers["User-Agent"] ?? "", text);
    const fault = this.fault(request, this.requests.length - 1);
    if (fault?.kind === "reset" || (fault?.kind === "stall" && fault.ms >= timeoutMs)) {
      if (fault.applied) this.#answer(request);
      if (fault.kind === "stall") clock.time += timeoutMs;
      throw new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "ECONNRESET" }) });
    }
    if (fault?.kind === "stall") clock.time += fault.ms;
    const { status, text: reply, retryAfter } = this.#faulty(request, fault);
    return { status, text: reply, retryAfter };
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let body = "";
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    for await (const part of incoming.setEncoding("utf8")) body += part;
    const request = this.#noted(
      incoming.url ?? "",
      incoming.headers.authorization ?? "",
      incoming.headers["user-agent"] ?? "",
      body,
    );
    const fault = this.fault(request, this.requests.length - 1);
    if (fault?.kind === "reset") {
      if (fault.applied) this.#answer(request);
      outgoing.writeHead(200, { "Content-Length": "1000" });
      outgoing.write("{", () => incoming.socket.destroy());
      return;
    }
    if (fault?.kind === "stall") await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
    const { status, text, retryAfter } = this.#faulty(request, fault);
    const after = retryAfter === undefined ? {} : { "Retry-After": retryAfter };
    outgoing.writeHead(status, { "Content-Type": "application/json", ...after });
    outgoing.end(text);
  }

  #noted(path: string, authorization: string, userAgent: string, body: string): FakeRequest {
    const named =
      path === "/graphql" ? ((JSON.parse(body) as { operationName?: string; query: string }) ?? {}) : undefined;
    const query = named?.operationName ?? /(?:query|mutation)\s+(\w+)/.exec(named?.query ?? "")?.[1];
    const operation = query ?? (path.endsWith("/file_stream") ? "file_stream" : "PUT");
    const request = { path, operation, authorization, userAgent, body };
    this.requests.push(request);
    return request;
  }

  #faulty(request: FakeRequest, fault: Fault | undefined): Answer {
    if (fault?.kind === "status") {
      if (fault.applied) this.#answer(request);
      const after = fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter };
      return { status: fault.status, text: '{"error":"ordered"}', ...after };
    }
    const answer = this.#answer(request);
    return fault?.kind === "malformed" ? { ...answer, text: "<html>{" } : answer;
  }

  #answer({ path, operation, body }: FakeRequest): Answer {
    if (operation === "file_stream") return this.#stream(decodeURIComponent(path.split("/").at(-2) ?? ""), body);
    if (operation === "PUT") return this.#put(path, body);
    const { variables } = JSON.parse(body) as { variables: Record<string, unknown> };
    if (operation === "Viewer") return data({ viewer: { id: "v", entity: "me", flags: "{}", teams: { edges: [] } } });
    if (operation === "UpsertBucket") return this.#upsert(variables);
    if (operation === "CreateRunFiles") return this.#createFiles(variables);
    return { status: 200, text: JSON.stringify({ errors: [{ message: `unknown operation ${operation}` }] }) };
  }

  #upsert(variables: Record<string, unknown>): Answer {
    const id = String(variables.name);
    const known = this.runs.get(id);
    const run: FakeRun = known ?? {
      history: [],
      events: [],
      output: [],
      summary: "{}",
      variables: {},
      exitcode: undefined,
      upserts: 0,
      uploaded: new Set(),
      files: new Map(),
    };
    this.runs.set(id, run);
    for (const [key, value] of Object.entries(variables)) if (value !== null) run.variables[key] = value;
    run.exitcode = undefined;
    run.upserts += 1;
    const project = { id: "p", name: run.variables.project ?? "uncategorized" };
    const entity = { id: "e", name: run.variables.entity ?? "me" };
    const bucket = { id: `storage-${id}`, name: id, displayName: run.variables.displayName ?? id };
    const historyLineCount = this.claimedLines ?? run.history.length;
    return data({
      upsertBucket: {
        bucket: { ...bucket, config: "{}", project: { ...project, entity }, historyLineCount },
        inserted: known === undefined,
      },
    });
  }

  #stream(id: string, body: string): Answer {
    const run = this.runs.get(id);
    if (run === undefined) return { status: 404, text: '{"error":"run not found"}' };
    const { files, uploaded, complete, exitcode } = JSON.parse(body) as {
      files?: Record<string, { offset: number; content: string[] }>;
      uploaded?: string[];
      complete?: boolean;
      exitcode?: number;
    };
    for (const [name, { offset, content }] of Object.entries(files ?? {})) {
      if (name === "wandb-summary.json") run.summary = content.at(-1) ?? "{}";
      const lines = { "wandb-history.jsonl": run.history, "wandb-events.jsonl": run.events, "output.log": run.output }[
        name
      ];
      content.forEach((line, i) => {
        if (lines !== undefined) lines[offset + i] = line;
      });
    }
    for (const name of uploaded ?? []) run.uploaded.add(name);
    if (complete) run.exitcode = exitcode ?? 0;
    return { status: 200, text: '{"exitcode":null,"limits":{}}' };
  }

  #createFiles(variables: Record<string, unknown>): Answer {
    const run = String(variables.run);
    const names = variables.files as string[];
    const files = names.map((name) => ({ name, uploadUrl: `${this.#url}/storage/${run}/${encodeURIComponent(name)}` }));
    return data({ createRunFiles: { runID: run, uploadHeaders: ["X-Signed: yes"], files } });
  }

  #put(path: string, body: string): Answer {
    const [, , run = "", name = ""] = path.split("/");
    this.run(run).files.set(decodeURIComponent(name), body);
    return { status: 200, text: "" };
  }
}

function data(value: object): Answer {
  return { status: 200, text: JSON.stringify({ data: value }) };
}
