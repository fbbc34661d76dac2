/** What the W&B sink costs the training thread. Alone: `node --import tsx/esm bench/wandb.ts`. */
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { optionsSchema } from "../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../plugins/sinks/wandb/sink.ts";
import { testRun } from "../test/helpers/rows.ts";
import { pythonRows } from "./wandb-python.ts";
import type { WandbRow } from "./wandb-row.ts";
import { stepShare } from "./wandb-step.ts";
import { logTimes, rowOf, shown, type Times, timed } from "./wandb-times.ts";

const writes = 20_000;

/** Measures everything; a minute, and another one where there is a Python client. */
export async function run(): Promise<WandbRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
  try {
    const ours = [8, 64].map((scalars) => logTimes(join(dir, `run-${scalars}.wandb`), writes, scalars));
    const plain = [8, 64].map((scalars) => appendTimes(dir, scalars));
    return [
      ...[8, 64].flatMap((scalars, i) => writeRows(scalars, ours[i]!, plain[i]!)),
      ...pythonRows(dir),
      await memoryRow(dir),
      ...(await stepShare(dir)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function writeRows(scalars: number, ours: Times, plain: Times): WandbRow[] {
  const limit = scalars === 8 ? 30 : 80;
  return [
    {
      what: `write of ${scalars} scalars, history and summary records`,
      measured: shown(ours),
      target: `p50 <= ${limit} us`,
      met: ours.p50 <= limit,
    },
    {
      what: `plain append of the same ${scalars} scalars as JSON`,
      measured: `${shown(plain)}; ours takes ${(ours.p50 / plain.p50).toFixed(1)}x`,
      target: "for comparison",
      met: undefined,
    },
  ];
}

function appendTimes(dir: string, scalars: number): Times {
  const fd = openSync(join(dir, `plain-${scalars}.jsonl`), "a");
  const times = timed(writes, scalars, ({ step, tokens, time, metrics }) => {
    writeSync(fd, `${JSON.stringify({ step, tokens, time, metrics })}\n`);
  });
  closeSync(fd);
  return times;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A port that nobody listens at. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Heap and resident memory over 100 000 rows while a server that nobody listens at is streamed to. */
async function memoryRow(dir: string): Promise<WandbRow> {
  const env = { WANDB_API_KEY: "0".repeat(40), WANDB_BASE_URL: `http://127.0.0.1:${await closedPort()}` };
  const options = optionsSchema.parse({ finish_timeout: 0 });
  const settings = resolveSettings(options, { env, cwd: dir, home: dir, readText: () => undefined });
  const sink = createWandbSink(options, settings, { info() {}, warn() {}, progress() {}, stop() {} });
  await sink.open(testRun(join(dir, "memory")));
  const resident: number[] = [];
  for (let step = 1; step <= 100_000; step++) {
    await sink.write([rowOf(step, 8)]);
    if (step % 10_000 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage(); // what is left is held, not merely not yet collected
      resident.push(process.memoryUsage().rss / 2 ** 20);
    }
  }
  await sink.close({ state: "finished", step: 100_000, tokens: 0, time: Date.now() });
  const early = Math.max(...resident.slice(0, 3));
  const late = Math.max(...resident.slice(-3));
  return {
    what: "resident memory over 100 000 rows, server down",
    measured: `${early.toFixed(0)} MB by row 30 000, ${late.toFixed(0)} MB by row 100 000`,
    target: "within 10 %",
    met: late <= early * 1.1,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { what, measured, target, met } of await run()) {
    const verdict = met === undefined ? "  " : met ? "ok" : "NO";
    console.log(`${verdict}  ${what}: ${measured} (${target})`);
  }
}
