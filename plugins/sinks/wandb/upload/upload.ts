import { basename, dirname } from "node:path";
import { ExperimentError, reasonOf } from "../../../../core/errors/errors.ts";
import { type Patience, UploadError } from "../http/retry.ts";
import type { Transport } from "../http/transport.ts";
import { uploadBegun } from "../log/progress.ts";
import type { Account } from "../login/account.ts";
import { Replay } from "./replay.ts";
import { Server } from "./server.ts";

/** What came of bringing a server up to a log. */
export interface Upload {
  readonly complete: boolean;
  readonly rows: number;
  /** Why it is not complete, one line. */
  readonly reason?: string;
  /** What is not to be had any more, though the rows are complete: files and artifacts that are gone, changed or too large. */
  readonly omitted?: readonly string[];
  /** What the server does not count, though it took it: system metrics and console lines. */
  readonly uncounted?: readonly string[];
  /** Rows that the server does not show, of those that it was sent in two versions. */
  readonly unread?: number;
  readonly entity?: string;
  readonly project?: string;
  readonly id?: string;
}

/** What an upload is to do. */
export interface UploadRequest {
  readonly log: string;
  readonly account: Account;
  readonly transport: Transport;
  readonly patience: Patience;
  /** The exit code to report, given the one in the log, if there is one. Undefined leaves the run open. */
  readonly codeOf: (logged: number | undefined) => number | undefined;
  /** Throws once the run is another process's. */
  readonly check?: (() => void) | undefined;
  readonly onProgress?: (rows: number) => void;
}

/** Sends all that is missing and, once the run has ended, its end. Never throws: what is not there is still in the log. */
export async function upload(request: UploadRequest): Promise<Upload> {
  let replay: Replay | undefined;
  try {
    replay = new Replay(request.log, new Server(request.account, request.transport), request.check);
    await replay.pass(request.patience, request.onProgress);
    const { damage } = replay;
    if (damage !== undefined) return { complete: false, rows: replay.progress.history, reason: damage, ...replay.run };
    if (!replay.hasRun) return { complete: false, rows: 0, reason: "the log does not hold a run yet" };
    const code = request.codeOf(replay.exitCode);
    if (code !== undefined) await replay.finish(code, request.patience, request.onProgress);
    const { omitted, uncounted, run, versions } = replay;
    const { unread } = versions;
    return { complete: code !== undefined, rows: replay.progress.history, omitted, uncounted, unread, ...run };
  } catch (thrown) {
    if (!(thrown instanceof UploadError || thrown instanceof ExperimentError)) throw thrown;
    return { complete: false, rows: replay?.progress.history ?? 0, reason: reasonOf(thrown), ...replay?.run };
  } finally {
    replay?.close();
  }
}

/** The end of a message, about what was left out. */
export function omissionsOf({ omitted = [], uncounted = [], unread = 0 }: Upload): string {
  return [
    omitted.length > 0 ? ` Left out, because gone, changed or too large: ${omitted.join(", ")}.` : "",
    uncounted.length > 0 ? ` The server counts ${uncounted.join(" and ")}.` : "",
    unread > 0 ? ` It does not show ${unread} rows that a resumed run wrote anew: it may hold those of before.` : "",
  ].join("");
}

/**
 * How to go on by hand: our own command and, for a machine that has only theirs, W&B's. That adds rows after those that the server
 * has, so once some are there it would have them twice.
 */
export function remedyFor(runId: string, log: string): string {
  const ours = `To finish: \`experiment sync ${runId}\``;
  if (uploadBegun(log)) return `${ours}.`;
  const offline = basename(dirname(log)).startsWith("offline-");
  return `${ours} (or \`wandb sync ${offline ? "" : "--include-online "}${dirname(log)}\`).`;
}

/** Where people look at a run. */
export function runUrl(appUrl: string, run: { entity: string; project: string; id: string }): string {
  return [
    appUrl,
    encodeURIComponent(run.entity),
    encodeURIComponent(run.project),
    "runs",
    encodeURIComponent(run.id),
  ].join("/");
}
