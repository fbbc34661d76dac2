/** What `resume` means for a run that begins here: W&B's own meaning (wandb: core/internal/runbranch/resume.go). */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { resumeRefused } from "../errors.ts";
import { UploadError } from "../http/retry.ts";
import { networkThrough } from "../http/transport.ts";
import type { ResumeMode } from "../log/progress.ts";
import type { RunIdentity } from "../log/records.ts";
import type { Account } from "../login/account.ts";
import { Server } from "./server.ts";

/** Why a run of this id may not be written to, or undefined where it may. */
export function resumeProblem(mode: ResumeMode | undefined, id: string, exists: boolean): string | undefined {
  if (mode === "never" && exists) return `run ${JSON.stringify(id)} is on the server already, and resume is \`never\``;
  if (mode === "must" && !exists) return `run ${JSON.stringify(id)} is not on the server, and resume is \`must\``;
  return undefined;
}

/** The log that is sent is no longer the run's. */
export function resumedMeanwhile(): UploadError {
  return new UploadError("rejected", "the run was resumed meanwhile");
}

/** How long the start of a run may wait to hear whether it may begin, ms; the upload asks again. */
const startPatience = 10_000;

/**
 * Asks the server whether the run may begin, for `must` and `never` alone. Throws `config.invalid` where not. A server that does not
 * answer lets it begin.
 */
export async function checkResume(
  mode: ResumeMode | undefined,
  run: Pick<RunIdentity, "id" | "entity" | "project">,
  account: Account,
): Promise<void> {
  if (mode !== "must" && mode !== "never") return;
  const transport = networkThrough(account.proxies);
  const server = new Server(account, transport);
  try {
    const { exists } = await server.status(run, { until: transport.now() + startPatience, attempts: 3 });
    const problem = resumeProblem(mode, run.id, exists);
    if (problem !== undefined) throw resumeRefused(problem);
  } catch (thrown) {
    if (!(thrown instanceof UploadError)) throw thrown;
  }
}

/** The run that `resume: auto` goes on with: the last one that did not finish. W&B's own client reads and writes the same file. */
export function lastUnfinished(file: string): string | undefined {
  try {
    const { run_id: id } = JSON.parse(readFileSync(file, "utf8")) as { run_id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Notes the run that begins. */
export function noteUnfinished(file: string, id: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ run_id: id }));
}

/** The run finished: the next one begins anew. */
export function forgetUnfinished(file: string): void {
  rmSync(file, { force: true });
}
