/** A write of ours beside `run.log` of W&B's Python client, offline, in turns. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { WandbRow } from "./wandb-row.ts";
import { logTimes, shown, type Times, timesOf } from "./wandb-times.ts";

const rounds = 5;
const writes = 2_000;

/** As many samples as `timed` takes: the first tenth warms up. */
const program = `
import json, random, sys, time
import wandb
run = wandb.init(mode="offline", project="bench", dir=sys.argv[1], settings=wandb.Settings(silent=True, x_disable_stats=True))
scalars, writes, samples = int(sys.argv[2]), int(sys.argv[3]), []
for step in range(writes):
    row = {f"token_sparsity/metric_{i >> 2}/layer_{i & 3}": random.gauss(0, 1) for i in range(scalars)}
    t = time.perf_counter_ns(); run.log(row); samples.append((time.perf_counter_ns() - t) / 1000)
run.finish()
print(json.dumps([wandb.__version__, samples[writes // 10:]]))
`;

const env = { ...process.env, WANDB_ERROR_REPORTING: "false", WANDB_API_KEY: "0".repeat(40) };

/** One row for 8 and one for 64 scalars; skipped without the client. */
export function pythonRows(dir: string): WandbRow[] {
  const python = pythonWithClient();
  return [8, 64].map((scalars): WandbRow => {
    const what = `run.log of ${scalars} scalars by W&B's Python client, offline, against ours, in turns, medians of ${rounds}`;
    const target = "p50 >= 5x ours";
    if (python === undefined) {
      const measured = "skipped: no python3 that can import wandb (pip install wandb, or name one in BENCH_PYTHON)";
      return { what, measured, target, met: undefined };
    }
    const pairs = Array.from({ length: rounds }, (_, round) => {
      const ours = logTimes(join(dir, `run-${scalars}-${round}.wandb`), writes, scalars);
      return { ours, ...clientTimes(python, dir, scalars) };
    });
    const [ours, theirs] = [mediansOf(pairs.map((pair) => pair.ours)), mediansOf(pairs.map((pair) => pair.theirs))];
    const ratio = (part: keyof Times) => median(pairs.map((pair) => pair.theirs[part] / pair.ours[part]));
    const ratios = `${ratio("p50").toFixed(1)}x ours at p50, ${ratio("p99").toFixed(1)}x at p99`;
    const measured = `${pairs[0]?.version}: ${shown(theirs)}; ours ${shown(ours)}; ${ratios}`;
    return { what, measured, target, met: ratio("p50") >= 5 };
  });
}

/** `BENCH_PYTHON`, or the first python3 that can import wandb. */
function pythonWithClient(): string | undefined {
  const given = process.env.BENCH_PYTHON;
  const able = (python: string) =>
    spawnSync(python, ["-c", "import wandb.proto"], { env, timeout: 60_000 }).status === 0;
  return (given === undefined ? ["python3", "/usr/bin/python3"] : [given]).find(able);
}

function clientTimes(
  python: string,
  dir: string,
  scalars: number,
): { readonly version: string; readonly theirs: Times } {
  const args = ["-c", program, dir, String(scalars), String(writes)];
  const done = spawnSync(python, args, { env, encoding: "utf8", timeout: 120_000 });
  if (done.status !== 0) throw new Error(`W&B's Python client failed: ${done.stderr}`);
  const [version, samples] = JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "") as [string, number[]];
  return { version, theirs: timesOf(samples) };
}

function mediansOf(times: readonly Times[]): Times {
  return { p50: median(times.map(({ p50 }) => p50)), p99: median(times.map(({ p99 }) => p99)) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
