/**
 * The streaming process: follows the log of a run and takes what it finds to the server, while training knows nothing of it.
 * It ends with the training process, however that ends; what it has not sent is in the log.
 */
import { reasonOf } from "../../../../core/errors/errors.ts";
import { UploadError } from "../http/retry.ts";
import { networkThrough, sleepFor, type Transport } from "../http/transport.ts";
import { type Account, suitsSdk } from "../login/account.ts";
import type { HistoryLane } from "./batch.ts";
import type { FromLive, ToLive } from "./live-messages.ts";
import { Replay } from "./replay.ts";
import { openSdkLane } from "./sdk-lane.ts";
import { Server } from "./server.ts";
import { createStopRequest } from "./stop-request.ts";

/** Pauses between looks at the log, ms: the first half minute short, so that a new run shows at once. */
const pause = (elapsed: number) => (elapsed < 30_000 ? 2_000 : 15_000);
const heartbeatEvery = 30_000;

const stop = new AbortController();
let lane: HistoryLane | undefined;

function tell(message: FromLive): void {
  if (process.connected) process.send?.(message);
}

process.on("disconnect", () => process.exit(0));
// The SDK throws where no one can catch it, and a terminal's Ctrl-C is for training to answer.
process.on("uncaughtException", () => {
  lane = undefined;
});
process.on("unhandledRejection", () => {
  lane = undefined;
});
process.on("message", (message: ToLive) => {
  if (message.type === "start") void follow(message);
  else stop.abort();
});

/** The real network, whose waits end when training does: what is missing then is sent by the training process itself. */
function mortalNetwork({ proxies }: Account): Transport {
  return {
    ...networkThrough(proxies),
    async sleep(ms) {
      await sleep(ms);
      if (stop.signal.aborted) throw new UploadError("unreachable", "stopped");
    },
  };
}

async function follow({ log, account, resumed }: ToLive & { type: "start" }): Promise<void> {
  const network = mortalNetwork(account);
  const started = network.now();
  const server = new Server(account, network);
  const replay = new Replay(log, server);
  const stopsNow = createStopRequest(resumed);
  let sent = started;
  let warned = false;
  let tried = !suitsSdk(account);
  let told = false;
  while (!stop.signal.aborted) {
    // One look has a minute; then the next one goes on with the same lines.
    const patience = { until: network.now() + 60_000, attempts: 100 };
    const before = replay.progress.history;
    let asked = 0;
    try {
      await replay.pass(patience, undefined, lane && doubtful(lane));
      if (replay.run !== undefined && !told) {
        told = true;
        tell({ type: "run", entity: replay.run.entity, project: replay.run.project, id: replay.run.id });
      }
      if (replay.run !== undefined && !tried) {
        tried = true;
        lane = await openSdkLane(account, replay.run, replay.config, (answer) => server.heard(answer)).catch(
          () => undefined,
        );
      }
      if (replay.progress.history > before) sent = network.now();
      else if (network.now() - sent > heartbeatEvery) {
        await replay.heartbeat(patience);
        sent = network.now();
      }
      if (stopsNow(server.stopAsked)) tell({ type: "stop-asked" });
    } catch (thrown) {
      // What a server refuses for good it would refuse again.
      const goesOn = !(thrown instanceof UploadError) || thrown.kind === "unreachable";
      if (!(warned && goesOn) && !stop.signal.aborted) tell({ type: "warning", message: reasonOf(thrown), goesOn });
      warned = true;
      if (!goesOn) break;
      if (thrown instanceof UploadError) asked = thrown.wait;
    }
    await sleep(Math.max(asked, pause(network.now() - started)));
  }
  replay.close();
  tell({ type: "stopped" });
}

const stopped = new Promise<never>((_, reject) => {
  stop.signal.addEventListener("abort", () => reject(new UploadError("unreachable", "stopped")));
});
stopped.catch(() => {});

/** A lane that is given up when it fails once; its lines then go our own way at the next look. */
function doubtful(trusted: HistoryLane): HistoryLane {
  return async (lines, summary) => {
    try {
      await Promise.race([trusted(lines, summary), stopped]);
    } catch (thrown) {
      lane = undefined;
      throw thrown;
    }
  };
}

/** Waits, or ends the wait at a stop. */
async function sleep(ms: number): Promise<void> {
  await sleepFor(ms, stop.signal).catch(() => {});
}
