import { type Patience, refusalOf, requestUntilDone, UploadError } from "../http/retry.ts";
import type { FileBody, HttpReply, Transport } from "../http/transport.ts";
import type { RunIdentity } from "../log/records.ts";
import { AccessTokens } from "../login/access-token.ts";
import type { Account } from "../login/account.ts";
import type { Lines } from "./batch.ts";
import { type RunStatus, runResumeStatus, runStatusOf } from "./run-status.ts";

/** A run as the server knows it. */
export interface ServerRun {
  readonly storageId: string;
  readonly entity: string;
  readonly project: string;
  readonly id: string;
}

/** The body of one `file_stream` request; what is absent stays as it is. */
export interface StreamBody {
  readonly files?: Readonly<Record<string, Lines>>;
  readonly uploaded?: readonly string[];
  readonly complete?: boolean;
  readonly exitcode?: number;
}

const graphqlTimeout = 30_000;
const streamTimeout = 180_000;

/** Longest file that storage takes in one request, bytes (S3's limit of a single PUT). */
export const largestFile: number = 5 * 2 ** 30;

const upsertBucket = `mutation UpsertBucket($id: String, $name: String, $project: String, $entity: String, $groupName: String, $displayName: String, $notes: String, $config: JSONString, $host: String, $jobType: String, $sweep: String, $tags: [String!], $summaryMetrics: JSONString) {
  upsertBucket(input: {id: $id, name: $name, modelName: $project, entityName: $entity, groupName: $groupName, displayName: $displayName, notes: $notes, config: $config, host: $host, jobType: $jobType, sweep: $sweep, tags: $tags, summaryMetrics: $summaryMetrics}) {
    bucket { id name displayName project { name entity { name } } }
    inserted
  }
}`;

const createRunFiles = `mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
    runID uploadHeaders files { name uploadUrl }
  }
}`;

/** W&B's server, as much of it as runs need. Every call is retried within `patience` and may be repeated without harm. */
export class Server {
  readonly account: Account;
  readonly #transport: Transport;
  readonly #authorization: (patience: Patience) => Promise<string>;
  #stopAsked = false;

  constructor(account: Account, transport: Transport) {
    this.account = account;
    this.#transport = transport;
    const { baseUrl, login } = account;
    if (typeof login === "string") {
      const basic = `Basic ${Buffer.from(`api:${login}`).toString("base64")}`;
      this.#authorization = async () => basic;
    } else {
      const tokens = new AccessTokens(baseUrl, login, transport);
      this.#authorization = async (patience) => `Bearer ${await tokens.current(patience)}`;
    }
  }

  /** What the server has of the run; changes nothing. */
  async status(run: Pick<RunIdentity, "id" | "entity" | "project">, patience: Patience): Promise<RunStatus> {
    const variables = { name: run.id, project: given(run.project), entity: given(run.entity) };
    return await this.graphql("RunResumeStatus", runResumeStatus, variables, patience, runStatusOf);
  }

  /** Whether W&B's page asks the run to stop, by the last answer that was heard. */
  get stopAsked(): boolean {
    return this.#stopAsked;
  }

  /** Takes note of an answer to `file_stream`, whoever sent the request. Throws for one that does not acknowledge it. */
  heard(answer: unknown): void {
    if (typeof answer !== "object" || answer === null || Array.isArray(answer))
      throw new Error("an answer that is none");
    const problem = problemIn(answer);
    if (problem !== undefined) throw new Error(problem);
    this.#stopAsked = at(answer, "stopped") === true;
  }

  /** Makes the run or brings it up to date; null leaves a field as it is, so that what a user edited stays. */
  async upsertRun(run: RunIdentity, config: string, patience: Patience): Promise<ServerRun> {
    const variables = {
      name: run.id,
      project: given(run.project),
      entity: given(run.entity),
      groupName: given(run.group),
      jobType: given(run.jobType),
      sweep: given(run.sweepId),
      displayName: given(run.name),
      notes: given(run.notes),
      tags: run.tags.length === 0 ? null : run.tags,
      host: given(run.host),
      config,
    };
    const bucket = await this.graphql("UpsertBucket", upsertBucket, variables, patience, bucketIn);
    return {
      storageId: textAt(bucket, "id") ?? "",
      entity: textAt(bucket, "project", "entity", "name") ?? run.entity,
      project: textAt(bucket, "project", "name") ?? run.project,
      id: textAt(bucket, "name") ?? run.id,
    };
  }

  /** Puts lines at their absolute places in the run's files. */
  async stream(run: ServerRun, body: StreamBody, patience: Patience): Promise<void> {
    const path = [run.entity, run.project, run.id].map(encodeURIComponent).join("/");
    const url = `${this.account.baseUrl}/files/${path}/file_stream`;
    await this.#post(url, JSON.stringify(body), streamTimeout, patience, (reply) => this.heard(parsed(reply)));
  }

  /** Waits; throws where that leaves no time for another attempt. */
  async pause(ms: number, reason: string, patience: Patience): Promise<void> {
    if (this.#transport.now() + ms >= patience.until) throw new UploadError("unreachable", reason);
    patience.onWait?.(ms, reason);
    await this.#transport.sleep(ms);
  }

  /** Uploads one file of the run, which stands at `path`. */
  async upload(run: ServerRun, name: string, path: string, patience: Patience): Promise<void> {
    const variables = { entity: run.entity, project: run.project, run: run.id, files: [name] };
    const data = await this.graphql("CreateRunFiles", createRunFiles, variables, patience);
    const made = at(data, "createRunFiles");
    const url = textAt(made, "files", 0, "uploadUrl");
    if (url === undefined) throw new UploadError("rejected", "the server gives no place to upload files to");
    await this.put(url, at(made, "uploadHeaders"), { file: path }, patience);
    await this.stream(run, { uploaded: [name] }, patience);
  }

  /** Puts a body in the place that the server gave; `headers` are lines `Name:value`. */
  async put(place: string, headers: unknown, body: string | FileBody, patience: Patience): Promise<void> {
    const given = (Array.isArray(headers) ? headers : []).flatMap((line): [string, string][] => {
      const colon = String(line).indexOf(":");
      return colon < 0 ? [] : [[String(line).slice(0, colon), String(line).slice(colon + 1)]];
    });
    // The address is signed: the login does not go there.
    const request = {
      method: "PUT",
      url: new URL(place, this.account.baseUrl).href,
      headers: Object.fromEntries(given),
      body,
      timeoutMs: 3_600_000,
    } as const;
    await requestUntilDone(this.#transport, request, patience, () => undefined);
  }

  /** One GraphQL operation; `read` takes what it needs of the answer, and what it throws counts as an attempt that failed. */
  async graphql<T = unknown>(
    operationName: string,
    query: string,
    variables: object,
    patience: Patience,
    read: (data: unknown) => T = (data) => data as T,
  ): Promise<T> {
    const body = JSON.stringify({ operationName, query, variables });
    const url = `${this.account.baseUrl}/graphql`;
    // A conflict between two writers of one run passes.
    const refusal = (reply: HttpReply) => {
      const said = reply.status === 400 || reply.status === 422 ? wordsIn(reply) : undefined;
      if (said !== undefined) return new UploadError("rejected", said);
      return reply.status === 409 ? undefined : refusalOf(reply);
    };
    return await this.#post(url, body, graphqlTimeout, patience, (reply) => read(graphqlData(reply)), refusal);
  }

  async #post<T>(
    url: string,
    body: string,
    timeoutMs: number,
    patience: Patience,
    accept: (reply: HttpReply) => T,
    refusal = refusalOf,
  ): Promise<T> {
    // Anew for each attempt: an access token may run out while a server has one wait.
    const request = async () => {
      const headers = {
        "Content-Type": "application/json",
        "User-Agent": "reluscope",
        Authorization: await this.#authorization(patience),
      };
      return { method: "POST", url, headers, body, timeoutMs } as const;
    };
    return await requestUntilDone(this.#transport, request, patience, accept, (reply) => {
      const byToken = typeof this.account.login !== "string" && (reply.status === 401 || reply.status === 403);
      return byToken
        ? new UploadError("refused", `the access token is refused (HTTP ${reply.status})`)
        : refusal(reply);
    });
  }
}

/** Null is left to the server. */
function given(text: string): string | null {
  return text === "" ? null : text;
}

function parsed(reply: HttpReply): unknown {
  try {
    return JSON.parse(reply.text);
  } catch {
    throw new Error("an answer that is not JSON");
  }
}

/** What a refusal says of itself. */
function wordsIn({ text }: HttpReply): string | undefined {
  try {
    return problemIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function graphqlData(reply: HttpReply): unknown {
  const answer = parsed(reply);
  const problem = problemIn(answer);
  if (problem !== undefined) throw new UploadError("rejected", problem);
  const data = at(answer, "data");
  if (typeof data !== "object" || data === null) throw new Error("an answer without data");
  return data;
}

/** What an answer says went wrong, whatever its status; undefined where it says nothing of the kind. */
function problemIn(answer: unknown): string | undefined {
  const said = [at(answer, "errors"), at(answer, "error")].find((one) => {
    return Array.isArray(one) ? one.length > 0 : one !== undefined && one !== null && one !== false;
  });
  if (said === undefined) return undefined;
  const text = textAt(said, 0, "message") ?? textAt(said, "message") ?? JSON.stringify(said);
  return `the server says: ${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ").slice(0, 200)}`;
}

/** The run in an answer; an answer without one has made none. */
function bucketIn(data: unknown): unknown {
  const bucket = at(data, "upsertBucket", "bucket");
  if (textAt(bucket, "name") === undefined) throw new Error("an answer that names no run");
  return bucket;
}

/** What stands at a path in an answer. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (found as Record<string | number, unknown> | null | undefined)?.[key],
    value,
  );
}

/** A text at a path; undefined where it is none, or empty. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}
