/** What the page may change: labels of a run, and whether it lies in the trash. Never anything that training wrote. */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { basename } from "node:path";
import { ExperimentError } from "../core/errors/errors.ts";
import { changeLabels, type Labels } from "../core/record/labels.ts";
import { inTrash, moveToTrash, restoreFromTrash } from "../core/record/trash.ts";
import { runDirectory } from "./guard.ts";
import { NoSuchRun } from "./library.ts";

const longestBody = 64 << 10;

/** GET api/session: whether the page may write, and what it shows when it does. */
export interface Session {
  readonly edit: boolean;
  /** To be sent with every change; a page of another origin cannot read it. */
  readonly key?: string;
  /** Ids of runs in the trash. */
  readonly trash: readonly string[];
}

/** Why a request to change something is refused; undefined when it is this page's own. */
export function foreignChange(request: IncomingMessage, key: string): string | undefined {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin === undefined || !sameOrigin(origin, host)) return "changes come from the viewer's own page only";
  if (site !== undefined && site !== "same-origin") return "changes come from the viewer's own page only";
  if (request.headers["content-type"] !== "application/json") return "expected application/json";
  const given = Buffer.from(String(request.headers["x-reluscope-key"] ?? ""));
  const wanted = Buffer.from(key);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return "reload the page: the viewer was started anew";
  return undefined;
}

function sameOrigin(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === new URL(`http://${host}`).host;
  } catch {
    return false;
  }
}

/** Does what `POST api/runs/ID/labels|trash` and `api/trash/ID/restore` ask; undefined when there is no such change. */
export async function change(root: string, only: string | undefined, path: string, body: unknown): Promise<unknown> {
  const [, api, kind, part, what, more] = path.split("/");
  if (api !== "api" || part === undefined || more !== undefined) return undefined;
  const id = decodeURIComponent(part);
  if (only !== undefined && id !== only) throw new NoSuchRun(id);
  if (kind === "trash" && what === "restore") {
    if (basename(id) !== id) throw new NoSuchRun(id);
    restoreFromTrash(root, id);
    return { id };
  }
  if (kind !== "runs" || (what !== "labels" && what !== "trash")) return undefined;
  const dir = runDirectory(root, id);
  if (dir === undefined) throw new NoSuchRun(id);
  if (what === "labels") return changeLabels(dir, labelsIn(body));
  // Confirmed by name: a change that was meant for another run cannot delete this one.
  if ((body as { confirm?: unknown } | null)?.confirm !== id)
    throw new BadChange("expected `confirm` with the run's id");
  moveToTrash(dir);
  return { id };
}

/** What stands in the session. */
export function session(root: string, edit: boolean, key: string): Session {
  return edit ? { edit, key, trash: inTrash(root) } : { edit, trash: [] };
}

/** A request's JSON body. Throws `BadChange`. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += (part as Buffer).length;
    if (length > longestBody) throw new BadChange("the request is too long");
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new BadChange("the request is no JSON");
  }
}

/** A change that says the wrong thing. */
export class BadChange extends Error {}

/** The status of an answer to a change that failed. */
export function statusOf(thrown: unknown): number {
  if (thrown instanceof NoSuchRun) return 404;
  if (thrown instanceof BadChange) return 400;
  if (!(thrown instanceof ExperimentError)) return 500;
  return { usage: 400, "run.inUse": 409, "run.notFound": 404 }[thrown.code as string] ?? 500;
}

function labelsIn(body: unknown): Partial<Labels> {
  if (typeof body !== "object" || body === null) throw new BadChange("expected an object");
  const { name, tags, note, archived, ...rest } = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new BadChange(`there is no label ${JSON.stringify(unknown)}`);
  const texts = Array.isArray(tags) && tags.every((tag) => typeof tag === "string");
  if (name !== undefined && typeof name !== "string") throw new BadChange("expected `name` to be text");
  if (note !== undefined && typeof note !== "string") throw new BadChange("expected `note` to be text");
  if (tags !== undefined && !texts) throw new BadChange("expected `tags` to be a list of texts");
  if (archived !== undefined && typeof archived !== "boolean")
    throw new BadChange("expected `archived` to be true or false");
  return {
    ...(name !== undefined && { name }),
    ...(note !== undefined && { note }),
    ...(tags !== undefined && { tags: tags as string[] }),
    ...(archived !== undefined && { archived }),
  };
}
