import { join } from "node:path";
import type { Patience } from "../../plugins/sinks/wandb/http/retry.ts";
import type { Transport } from "../../plugins/sinks/wandb/http/transport.ts";
import { RunLog, type RunLogOptions, type RunLogStart } from "../../plugins/sinks/wandb/log/run-log.ts";
import { type Upload, upload } from "../../plugins/sinks/wandb/upload/upload.ts";
import { FakeWandb, type Fault } from "./fake-wandb.ts";
import { runStart, testRow } from "./rows.ts";
import { useTempDir } from "./temp.ts";
import { lenient } from "./wandb-reader.ts";

export const runLogOptions: RunLogOptions = {
  startedAt: runStart,
  bins: 4,
  axis: "tokens",
  holdsIds: () => false,
  summaryOf: (key) => (key === "train/loss" ? ["min", "last"] : []),
};

export const runLogStart: RunLogStart = {
  run: {
    id: "run1",
    entity: "",
    project: "p",
    group: "g",
    jobType: "train",
    sweepId: "",
    name: "a name",
    notes: "",
    tags: ["a", "b"],
    host: "h",
    startedAt: runStart,
  },
  config: { lr: 0.1, deep: { n: [1, null, "x"] } },
  version: "1.2.3",
  cpus: 2,
};

export const testKey = "local-0123456789abcdef0123456789abcdef01234567";
export const account = { baseUrl: "http://wandb.test", login: testKey };

export const logIn = (dir: string): string => join(dir, "run-run1.wandb");

/** Writes the log of a run of `steps` steps; without an end where `code` is undefined. */
export function writeRun(dir: string, steps: number, code?: number): string {
  const runLog = RunLog.create(logIn(dir), runLogStart, runLogOptions);
  for (let step = 1; step <= steps; step++) runLog.row(testRow(step));
  if (code !== undefined) runLog.exit(code, runStart + steps * 1500);
  runLog.close();
  return runLog.path;
}

/** One upload with waits that take no time. */
export function uploadOnce(
  log: string,
  transport: Transport,
  {
    attempts = 20,
    ms = Number.POSITIVE_INFINITY,
    exitCode,
    onWait,
  }: { attempts?: number; ms?: number; exitCode?: number; onWait?: Patience["onWait"] } = {},
): Promise<Upload> {
  return upload({
    log,
    account,
    transport,
    patience: { until: transport.now() + ms, attempts, ...(onWait && { onWait }) },
    codeOf: (logged) => logged ?? exitCode,
  });
}

/** The row that W&B should have of a step. */
export function expectedRow(step: number, seed = 1): Record<string, unknown> {
  const { metrics, tokens, time } = testRow(step, seed);
  return { ...metrics, tokens, _step: step, _timestamp: time / 1000, _runtime: (time - runStart) / 1000 };
}

export function historyOf(server: FakeWandb, id = "run1"): unknown[] {
  return server.run(id).history.map((line) => (line === undefined ? undefined : lenient(line)));
}

/** Rows 1 to `steps` as W&B should have them. */
export function expectedRows(steps: number): Record<string, unknown>[] {
  return Array.from({ length: steps }, (_, i) => expectedRow(i + 1));
}

/** A server for each test, with virtual time and a folder for logs. */
export interface FakeServer {
  readonly dir: () => string;
  server: FakeWandb;
  clock: { time: number };
  /** One upload to it. */
  send(log: string, options?: Parameters<typeof uploadOnce>[2]): Promise<Upload>;
  /** The first faults of the requests to come, one each. */
  faults(...list: (Fault | undefined)[]): void;
}

export function useFakeServer(): FakeServer {
  const fake: FakeServer = {
    dir: useTempDir(),
    server: new FakeWandb(),
    clock: { time: 0 },
    send: (log, options) => uploadOnce(log, fake.server.transport(fake.clock), options),
    faults(...list) {
      fake.server.fault = () => list.shift();
    },
  };
  beforeEach(() => {
    fake.server = new FakeWandb();
    fake.clock = { time: Date.UTC(2026, 5, 1) };
  });
  return fake;
}
