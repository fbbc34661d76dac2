/** What the W&B sink costs the training thread. Alone: `node --import tsx/esm bench/wandb.ts`. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Row } from "../core/plugin.ts";
import { createRandom } from "../core/random.ts";
import { Journal } from "../plugins/sinks/wandb/journal.ts";
import { optionsSchema } from "../plugins/sinks/wandb/options.ts";
import { resolveSettings } from "../plugins/sinks/wandb/settings.ts";
import { createWandbSink } from "../plugins/sinks/wandb/sink.ts";
import { testRun } from "../test/helpers/rows.ts";
import { journalOptions, journalStart } from "../test/helpers/wandb-run.ts";
import { stepShare } from "./wandb-step.ts";

/** One line of the table. */
export interface WandbRow {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  /** Undefined where there is no target, or nothing could be measured. */
  readonly met: boolean | undefined;
}

const writes = 20_000;

/** Measures everything; a minute or less. */
export async function run(): Promise<WandbRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
  try {
    const ours = [8, 64].map((scalars) => journalTimes(dir, scalars));
    const plain = [8, 64].map((scalars) => appendTimes(dir, scalars));
    const python = [8, 64].map((scalars) => pythonTimes(dir, scalars));
    return [
      ...[8, 64].flatMap((scalars, i) => writeRows(scalars, ours[i]!, plain[i]!, python[i])),
      await memoryRow(dir),
      ...(await stepShare(dir)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function writeRows(scalars: number, ours: Times, plain: Times, python: Times | undefined): WandbRow[] {
  const limit = scalars === 8 ? 30 : 80;
  const rows: WandbRow[] = [
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
  const measured = python && `${shown(python)}; ${(python.p50 / ours.p50).toFixed(1)}x ours`;
  rows.push({
    what: `Python wandb, offline, run.log of ${scalars} scalars`,
    measured: measured ?? "skipped: no python3 that can import wandb",
    target: ">= 5x ours",
    met: python && python.p50 >= 5 * ours.p50,
  });
  return rows;
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** Microseconds. */
function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function shown({ p50, p99 }: Times): string {
  return `p50 ${p50.toFixed(1)} us, p99 ${p99.toFixed(1)} us`;
}

function rowOf(step: number, scalars: number): Row {
  const random = createRandom(step, "bench");
  const metrics = Object.fromEntries(
    Array.from({ length: scalars }, (_, i) => [`token_sparsity/metric_${i >> 2}/layer_${i & 3}`, random.normal()]),
  );
  return { ...testRowAt(step), metrics, arrays: {} };
}

function testRowAt(step: number) {
  return { seq: step - 1, step, tokens: step * 4096, time: Date.now() };
}

/** Calls `work` on rows made beforehand; the first tenth warms up. */
function timed(scalars: number, work: (row: Row) => void): Times {
  const samples: number[] = [];
  for (let step = 1; step <= writes; step++) {
    const row = rowOf(step, scalars);
    const begun = process.hrtime.bigint();
    work(row);
    const took = Number(process.hrtime.bigint() - begun) / 1000;
    if (step > writes / 10) samples.push(took);
  }
  return timesOf(samples);
}

function journalTimes(dir: string, scalars: number): Times {
  const journal = Journal.create(join(dir, `run-${scalars}.wandb`), journalStart, journalOptions);
  const times = timed(scalars, (row) => journal.row(row));
  journal.close();
  return times;
}

function appendTimes(dir: string, scalars: number): Times {
  const fd = openSync(join(dir, `plain-${scalars}.jsonl`), "a");
  const times = timed(scalars, ({ step, tokens, time, metrics }) => {
    writeSync(fd, `${JSON.stringify({ step, tokens, time, metrics })}\n`);
  });
  closeSync(fd);
  return times;
}

const pythonProgram = `
import json, random, sys, time
import wandb
run = wandb.init(mode="offline", project="bench", dir=sys.argv[1], settings=wandb.Settings(silent=True, x_disable_stats=True))
n, samples = int(sys.argv[2]), []
for step in range(5000):
    row = {f"token_sparsity/metric_{i >> 2}/layer_{i & 3}": random.gauss(0, 1) for i in range(n)}
    t = time.perf_counter_ns(); run.log(row); samples.append((time.perf_counter_ns() - t) / 1000)
run.finish()
print(json.dumps(samples[500:]))
`;

function pythonTimes(dir: string, scalars: number): Times | undefined {
  const env = { ...process.env, WANDB_ERROR_REPORTING: "false", WANDB_API_KEY: "0".repeat(40) };
  const done = spawnSync("python3", ["-c", pythonProgram, dir, String(scalars)], {
    env,
    encoding: "utf8",
    timeout: 120_000,
  });
  if (done.status !== 0) return undefined;
  return timesOf(JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "[]") as number[]);
}

/** Heap and resident memory over 100 000 rows while a server that nobody listens at is streamed to. */
async function memoryRow(dir: string): Promise<WandbRow> {
  const env = { WANDB_API_KEY: "0".repeat(40), WANDB_BASE_URL: "http://127.0.0.1:9" };
  const options = optionsSchema.parse({ finish_timeout: 0 });
  const settings = resolveSettings(options, { env, cwd: dir, home: dir, readText: () => undefined });
  const sink = createWandbSink(options, settings, { info() {}, warn() {}, progress() {}, stop() {} });
  await sink.open(testRun(join(dir, "memory")));
  const resident: number[] = [];
  for (let step = 1; step <= 100_000; step++) {
    await sink.write([rowOf(step, 8)]);
    if (step % 10_000 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
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
