import type { StoredRun, Synced, SyncHost } from "../../../core/contract/sink.ts";
import { exitCodeOf } from "./exit-code.ts";
import { networkThrough, type Transport } from "./http/transport.ts";
import { readPointer } from "./log/layout.ts";
import { isSynced } from "./log/progress.ts";
import { accountOf } from "./login/account.ts";
import type { WandbOptions } from "./login/options.ts";
import type { Settings } from "./login/settings.ts";
import { mend, runIn } from "./mend.ts";
import { omissionsOf, remedyFor, runUrl, upload } from "./upload/upload.ts";

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
  if (settings.banned) {
    const message = `${run.id}: not synced: W&B is disabled here, by WANDB_MODE, WANDB_DISABLED or a settings file of W&B.`;
    return { state: "partial", message };
  }
  const account = accountOf(settings);
  if (account === undefined) {
    return { state: "partial", message: `${run.id}: no API key. Set WANDB_API_KEY, or run \`wandb login\`.` };
  }
  const foreign = trusted ? undefined : otherProject(log, settings);
  if (foreign !== undefined) return { state: "partial", message: `${run.id}: not synced: ${foreign}` };
  // Rows that only rows.jsonl has make a log that was complete before incomplete.
  const content = await mend(run, log, options, settings, host);
  const code = codeFor(run, content.exitCode);
  if (code !== undefined && isSynced(log, { ...content, server: account.baseUrl, exitCode: code })) {
    return { state: "nothing", message: `${run.id}: is on the server already.` };
  }
  const done = await upload({
    log,
    account,
    transport: transport ?? networkThrough(account.proxies),
    patience: { until: Number.POSITIVE_INFINITY, attempts, onWait: longWaits(run.id, host) },
    codeOf: (logged) => codeFor(run, logged),
    check: run.check,
    onProgress: (rows) => host.progress(rows, content.rows),
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
    message: `${run.id}: ${done.rows} of ${content.rows} rows are on the server; ${done.reason}. ${remedy}`,
  };
}

/**
 * How a run ended: as run.json says, else, for a process that was killed, by what it came to write in its log. A run without an end
 * is never reported as finished, and of a living one only its own process says that it ended.
 */
function codeFor({ state }: StoredRun, logged: number | undefined): number | undefined {
  if (state === "running") return undefined;
  return state === "killed" ? (logged ?? exitCodeOf(state)) : exitCodeOf(state);
}

/** Tells of waits that someone at a terminal would take for a standstill, each that is longer than those before. */
function longWaits(id: string, host: SyncHost): (ms: number, reason: string) => void {
  let longest = 30_000;
  return (ms, reason) => {
    if (ms <= longest) return;
    longest = ms;
    host.info(
      `W&B: ${id}: the next attempt is in ${duration(ms)} (${reason}). Ctrl-C stops; a later \`sync\` goes on from here.`,
    );
  };
}

function duration(ms: number): string {
  const units = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
  ] as const;
  const [size, name] = units.find(([one]) => ms >= 2 * one) ?? [1000, "s"];
  return `${Math.round(ms / size)} ${name}`;
}

/** Why a log of a run that the user does not vouch for may not be sent: it names a project that is not theirs. */
function otherProject(log: string, { entity, project }: Settings): string | undefined {
  const named = runIn(log);
  const asked = (whose: { entity: string; project: string }) => [whose.entity, whose.project].filter(Boolean).join("/");
  if (named === undefined || (named.project === project && (named.entity === "" || named.entity === entity)))
    return undefined;
  return `its log is for ${asked(named)}, your own settings say ${asked({ entity, project })}. Set WANDB_ENTITY and WANDB_PROJECT to that, or add --trust if you know who made the run.`;
}
