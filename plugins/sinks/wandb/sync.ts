import { existsSync } from "node:fs";
import type { StoredRun, Synced, SyncHost } from "../../../core/contract/sink.ts";
import { networkThrough, type Transport } from "./http/transport.ts";
import { readPointer } from "./log/layout.ts";
import { syncedMarker } from "./log/progress.ts";
import { accountOf } from "./login/account.ts";
import type { WandbOptions } from "./login/options.ts";
import type { Settings } from "./login/settings.ts";
import { mend, runIn } from "./mend.ts";
import { omissionsOf, remedyFor, runUrl, upload } from "./upload/upload.ts";

/** A shell's code for a process that SIGKILL ended: a run without an end is never reported as finished. */
const killedCode = 137;

/** Attempts at one request: with waits of up to a minute, a quarter of an hour. */
const attempts = 20;

/** `experiment sync` of one run: sends what its server lacks, and says what is there. The default transport is the real network. */
export async function syncRun(
  run: StoredRun,
  options: WandbOptions,
  settings: Settings,
  host: SyncHost,
  transport?: Transport,
): Promise<Synced> {
  const { trusted } = run;
  const log = readPointer(run.dir, { dir: settings.dir, trusted })?.log;
  if (log === undefined) return { state: "nothing", message: `${run.id}: has no W&B log.` };
  const account = accountOf(settings);
  if (account === undefined) {
    return { state: "partial", message: `${run.id}: no API key. Set WANDB_API_KEY, or run \`wandb login\`.` };
  }
  const foreign = trusted ? undefined : otherProject(log, settings);
  if (foreign !== undefined) return { state: "partial", message: `${run.id}: not synced: ${foreign}` };
  // Rows that only rows.jsonl has make a log that was complete before incomplete.
  const total = await mend(run, log, options, settings, host);
  if (existsSync(syncedMarker(log))) return { state: "nothing", message: `${run.id}: is on the server already.` };
  const done = await upload({
    log,
    account,
    transport: transport ?? networkThrough(account.proxies),
    patience: { until: Number.POSITIVE_INFINITY, attempts },
    exitCode: run.state === "running" ? undefined : killedCode,
    onProgress: (rows) => host.progress(rows, total),
  });
  const where = done.id === undefined ? "" : ` at ${runUrl(settings.appUrl, done as Required<typeof done>)}`;
  if (done.complete)
    return {
      state: "complete",
      message: `${run.id}: all ${done.rows} rows are${where} (${run.state}).${omissionsOf(done)}`,
    };
  if (done.reason === undefined) {
    return { state: "partial", message: `${run.id}: ${done.rows} rows are${where}; the run goes on.` };
  }
  const remedy = remedyFor(run.id, log);
  return {
    state: "partial",
    message: `${run.id}: ${done.rows} of ${total} rows are on the server; ${done.reason}. ${remedy}`,
  };
}

/** Why a log of a run that the user does not vouch for may not be sent: it names a project that is not theirs. */
function otherProject(log: string, { entity, project }: Settings): string | undefined {
  const named = runIn(log);
  const asked = (whose: { entity: string; project: string }) => [whose.entity, whose.project].filter(Boolean).join("/");
  if (named === undefined || (named.project === project && (named.entity === "" || named.entity === entity)))
    return undefined;
  return `its log is for ${asked(named)}, your own settings say ${asked({ entity, project })}. Set WANDB_ENTITY and WANDB_PROJECT to that, or add --trust if you know who made the run.`;
}
