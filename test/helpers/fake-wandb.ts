/** A W&B server for tests: GraphQL, file_stream and uploads in memory, with faults to order. */
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpReply, HttpRequest, Transport } from "../../plugins/sinks/wandb/http/transport.ts";
import { FakeArtifacts } from "./fake-artifacts.ts";
import { sampledHistory } from "./fake-history.ts";

/** What goes wrong with one request. `applied`: the server does its work all the same, only the answer is lost. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string; readonly applied?: boolean }
  | { readonly kind: "reset"; readonly applied: boolean }
  | { readonly kind: "stall"; readonly ms: number; readonly applied: boolean }
  | { readonly kind: "malformed" }
  /** Success, with a body that W&B's server does not give for it. */
  | { readonly kind: "undocumented"; readonly text: string; readonly applied: boolean }
  /** Acknowledged as ever, and nothing done. */
  | { readonly kind: "forgotten" };

export interface FakeRequest {
  readonly path: string;
  /** GraphQL operation, `file_stream`, or `PUT`. */
  readonly operation: string;
  readonly authorization: string;
  /** Who asks: `@wandb/sdk` calls itself "W&B Internal JS Client". */
  readonly userAgent: string;
  readonly body: string;
  readonly bytes: Buffer;
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
  readonly artifacts: FakeArtifacts = new FakeArtifacts();
  readonly requests: FakeRequest[] = [];
  /** Asked before each request. */
  fault: (request: FakeRequest, index: number) => Fault | undefined = () => undefined;
  /** What `UpsertBucket` says of the lines that it has; the truth where undefined. */
  claimedLines: number | undefined;
  /** What answers to `file_stream` say under `stopped`, where anything: W&B's page asks the run to stop. */
  stopped: unknown;
  /** The token that is exchanged for an access token; `access-1`, then `access-2` …, each for an hour. */
  identityToken: string | undefined;
  /** The access token that is good now. */
  accessToken = "";
  #exchanges = 0;
  #http: HttpServer | undefined;
  #base = "";

  run(id: string): FakeRun {
    const found = this.runs.get(id);
    if (found === undefined) throw new Error(`the server has no run ${id}, only ${[...this.runs.keys()].join(", ")}`);
    return found;
  }

  /** A transport that reaches this server without a network, in time that only it moves. */
  transport(clock: { time: number }): Transport {
    return {
      now: () => clock.time,
      date: () => clock.time,
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
    this.#base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    this.artifacts.url = this.#base;
    return this.#base;
  }

  async close(): Promise<void> {
    this.#http?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#http === undefined ? resolve() : this.#http.close(() => resolve())));
  }

  async #virtual({ url, headers, body, timeoutMs }: HttpRequest, clock: { time: number }): Promise<HttpReply> {
    clock.time += 20;
    const bytes = typeof body === "string" ? Buffer.from(body) : readFileSync(body.file);
    const request = this.#noted(new URL(url).pathname, headers.Authorization ?? "", headers["User-Agent"] ?? "", bytes);
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
    const parts: Buffer[] = [];
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    for await (const part of incoming) parts.push(part as Buffer);
    const request = this.#noted(
      incoming.url ?? "",
      incoming.headers.authorization ?? "",
      incoming.headers["user-agent"] ?? "",
      Buffer.concat(parts),
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

  #noted(path: string, authorization: string, userAgent: string, bytes: Buffer): FakeRequest {
    const body = bytes.toString("utf8");
    const named =
      path === "/graphql" ? ((JSON.parse(body) as { operationName?: string; query: string }) ?? {}) : undefined;
    const query = named?.operationName ?? /(?:query|mutation)\s+(\w+)/.exec(named?.query ?? "")?.[1];
    const operation =
      query ?? (path.endsWith("/file_stream") ? "file_stream" : path === "/oidc/token" ? "exchange" : "PUT");
    const request = { path, operation, authorization, userAgent, body, bytes };
    this.requests.push(request);
    return request;
  }

  #faulty(request: FakeRequest, fault: Fault | undefined): Answer {
    if (fault?.kind === "status") {
      if (fault.applied) this.#answer(request);
      const after = fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter };
      return { status: fault.status, text: '{"error":"ordered"}', ...after };
    }
    if (fault?.kind === "undocumented") {
      if (fault.applied) this.#answer(request);
      return { status: 200, text: fault.text };
    }
    if (fault?.kind === "forgotten" && request.operation === "file_stream") return this.#streamed();
    const answer = this.#answer(request);
    return fault?.kind === "malformed" ? { ...answer, text: "<html>{" } : answer;
  }

  #answer({ path, operation, authorization, body, bytes }: FakeRequest): Answer {
    if (operation === "exchange") return this.#exchange(body);
    if (this.accessToken !== "" && operation !== "PUT" && authorization !== `Bearer ${this.accessToken}`) {
      return { status: 401, text: "{}" };
    }
    if (operation === "file_stream") return this.#stream(decodeURIComponent(path.split("/").at(-2) ?? ""), body);
    if (operation === "PUT") return this.#put(path, bytes);
    const { variables } = JSON.parse(body) as { variables: Record<string, unknown> };
    if (operation === "Viewer") return data({ viewer: { id: "v", entity: "me", flags: "{}", teams: { edges: [] } } });
    if (operation === "RunResumeStatus") return this.#status(variables);
    if (operation === "SampledHistoryPage") return this.#history(variables);
    if (operation === "UpsertBucket") return this.#upsert(variables);
    if (operation === "CreateRunFiles") return this.#createFiles(variables);
    const made = this.artifacts.answer(operation, variables);
    if (typeof made === "object") return data(made);
    if (made !== undefined) return { status: 200, text: JSON.stringify({ errors: [{ message: made }] }) };
    return { status: 200, text: JSON.stringify({ errors: [{ message: `unknown operation ${operation}` }] }) };
  }

  #exchange(body: string): Answer {
    if (new URLSearchParams(body).get("assertion") !== this.identityToken) {
      return { status: 400, text: JSON.stringify({ error: "invalid_grant", error_description: `no good: ${body}` }) };
    }
    this.#exchanges += 1;
    this.accessToken = `access-${this.#exchanges}`;
    return { status: 200, text: JSON.stringify({ access_token: this.accessToken, expires_in: 3600 }) };
  }

  #status({ name, project, entity }: Record<string, unknown>): Answer {
    const run = this.runs.get(String(name));
    if (this.runs.size === 0) return data({ model: null });
    const { config = "{}", tags = [], notes = "", displayName = name } = run?.variables ?? {};
    const own = (JSON.parse(String(config)) as { _wandb?: { value?: { t?: unknown } } })._wandb?.value;
    const tail = (lines: readonly unknown[] = []) => JSON.stringify(lines.slice(-1));
    const bucket = run && {
      id: `storage-${String(name)}`,
      name,
      ...{ displayName, config, tags, notes },
      summaryMetrics: run.summary,
      state: run.exitcode === undefined ? "running" : run.exitcode === 0 ? "finished" : "failed",
      historyLineCount: held(run.history),
      eventsLineCount: held(run.events),
      logLineCount: held(run.output),
      historyTail: tail(run.history),
      eventsTail: tail(run.events),
      wandbConfig: JSON.stringify(own?.t === undefined ? {} : { t: own.t }),
    };
    return data({
      model: { id: "p", name: project, entity: { id: "e", name: entity ?? "me" }, bucket: bucket ?? null },
    });
  }

  #history({ run, spec }: Record<string, unknown>): Answer {
    const found = this.runs.get(String(run));
    const shown = found && { sampledHistory: [sampledHistory(found.history, String(spec))] };
    return data({ project: { run: shown ?? null } });
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
    return data({
      upsertBucket: {
        bucket: { ...bucket, config: "{}", project: { ...project, entity }, historyLineCount: run.history.length },
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
    return this.#streamed();
  }

  #streamed(): Answer {
    return { status: 200, text: JSON.stringify({ exitcode: null, limits: {}, stopped: this.stopped }) };
  }

  #createFiles(variables: Record<string, unknown>): Answer {
    const run = String(variables.run);
    const names = variables.files as string[];
    const files = names.map((name) => ({
      name,
      uploadUrl: `${this.#base}/storage/${run}/${encodeURIComponent(name)}`,
    }));
    return data({ createRunFiles: { runID: run, uploadHeaders: ["X-Signed: yes"], files } });
  }

  #put(path: string, bytes: Buffer): Answer {
    const [, kind, run = "", name = ""] = path.split("/");
    if (kind === "artifacts") {
      return { status: this.artifacts.put(run, decodeURIComponent(name), bytes) ? 200 : 400, text: "" };
    }
    this.run(run).files.set(decodeURIComponent(name), bytes.toString("utf8"));
    return { status: 200, text: "" };
  }
}

/** Lines that are there; a line that was forgotten leaves its place empty. */
function held(lines: readonly (string | undefined)[]): number {
  return lines.filter((line) => line !== undefined).length;
}

function data(value: object): Answer {
  return { status: 200, text: JSON.stringify({ data: value }) };
}
