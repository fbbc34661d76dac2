/** Times of single writes. */

import { createRandom } from "../core/arrays/random.ts";
import type { Row } from "../core/contract/sink.ts";
import { RunLog } from "../plugins/sinks/wandb/log/run-log.ts";
import { runLogOptions, runLogStart } from "../test/helpers/wandb-run.ts";

/** Microseconds of one write. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
}

/** Median and 99th percentile. */
export function timesOf(samples: readonly number[]): Times {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** As the table has them. */
export function shown({ p50, p99 }: Times): string {
  return `p50 ${p50.toFixed(1)} us, p99 ${p99.toFixed(1)} us`;
}

/** A row of `scalars` seeded normal numbers under names of the usual length. */
export function rowOf(step: number, scalars: number): Row {
  const random = createRandom(step, "bench");
  const metrics = Object.fromEntries(
    Array.from({ length: scalars }, (_, i) => [`token_sparsity/metric_${i >> 2}/layer_${i & 3}`, random.normal()]),
  );
  return { ...testRowAt(step), metrics, arrays: {} };
}

function testRowAt(step: number) {
  return { seq: step - 1, step, tokens: step * 4096, time: Date.now() };
}

/** Calls `work` on `writes` rows, each made beforehand; the first tenth warms up. */
export function timed(writes: number, scalars: number, work: (row: Row) => void): Times {
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

/** The sink's own writing, into a log of that name. */
export function logTimes(path: string, writes: number, scalars: number): Times {
  const runLog = RunLog.create(path, runLogStart, runLogOptions);
  const times = timed(writes, scalars, (row) => runLog.row(row));
  runLog.close();
  return times;
}
