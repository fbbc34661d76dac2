/**
 * A process to be killed: writes the rows of a run through the sinks `json` and `wandb`, as training does, and keeps its
 * checkpoints as a number in a file. Tells its parent of each row, 0 once the sinks are open. Arguments: run directory, steps,
 * steps between checkpoints, ms between rows, part.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { SinkInstance } from "../../core/contract/sink.ts";
import { json } from "../../plugins/sinks/json.ts";
import { wandb } from "../../plugins/sinks/wandb.ts";
import { testRow, testRun } from "./rows.ts";
import { testHost } from "./sink-host.ts";

const [dir = "", steps = "0", every = "1", pause = "0", part = "0"] = process.argv.slice(2);
const checkpoint = join(dir, "checkpoint");
const resumedFrom = existsSync(checkpoint) ? Number(readFileSync(checkpoint, "utf8")) : undefined;
const host = testHost();
const options = { finish_timeout: 0.5, system_every: 0 };
const sinks: SinkInstance[] = [
  json.setup(json.options.parse({}) as never, host),
  wandb.setup(wandb.options.parse(options) as never, host),
];
const first = Number(part) === 0;
const from = resumedFrom ?? 0;
const run = testRun(dir, first ? {} : { resumedFrom: from });
for (const sink of sinks) await sink.open(run);
process.send?.(0);
for (let step = from + 1; step <= Number(steps); step++) {
  for (const sink of sinks) await sink.write([testRow(step, Number(part))]);
  process.send?.(step);
  if (step % Number(every) === 0) {
    writeFileSync(`${checkpoint}.new`, String(step));
    renameSync(`${checkpoint}.new`, checkpoint);
  }
  if (Number(pause) > 0) await setTimeout(Number(pause));
}
const end = { state: "finished", step: Number(steps), tokens: 0, time: Date.now() } as const;
for (const sink of sinks) await sink.close(end);
process.send?.({ said: [...host.said, ...host.warned] });
process.disconnect?.();
