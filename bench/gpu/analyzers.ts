/**
 * What analyzers cost a run at the paper's width: `npm run bench:gpu:analyzers`. For each set of analyzers the median time of a step
 * with all their probes, brought to the host and not analysed; and of a run of `experiment train`'s own loop at their cadence wall
 * time and the main thread's processor time, ms a step. Without a GPU, `-- --simulate 45` has an engine that computes nothing take 45
 * ms a step and report drawn numbers: what the host does stays the same.
 * `--sets none,default`, `--steps 80`, `--size paper`, `--precision tf32`, `--json`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { giveHeapRoom } from "../../cli/heap-room.ts";
import { createRandom } from "../../core/arrays/random.ts";
import { train } from "../../core/run/train.ts";
import { createWorkshop, type Workshop } from "../../core/run/workshop.ts";
import { builtIns } from "../../plugins/index.ts";
import { GpuChild } from "./child.ts";
import { simulatedEngine } from "./simulated.ts";
import { type SizeName, sizes } from "./sizes.ts";

const { values: flags } = parseArgs({
  options: {
    sets: { type: "string" },
    steps: { type: "string", default: "80" },
    size: { type: "string", default: "paper" },
    precision: { type: "string", default: "tf32" },
    simulate: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const names = ["token-sparsity", "batch-union-sparsity", "layer-contrast", "neuron-death"];
interface AnalyzerSet {
  readonly names: readonly string[];
  /** Steps between looks, where it is not each analyzer's own default. */
  readonly every?: number;
}
const sets: Readonly<Record<string, AnalyzerSet>> = {
  none: { names: [] },
  ...Object.fromEntries(names.map((name) => [name, { names: [name] }])),
  default: { names },
  always: { names, every: 1 },
};

/** Steps before the first that counts, and after the last: the queue is full all the while. */
const [before, after] = [21, 25];
const size = sizes[flags.size as SizeName];
const counted = Number(flags.steps);

interface Measured {
  readonly set: string;
  /** ms a step. */
  readonly wall: number;
  readonly busy: number;
  /** A step that all of the set look at, on the device. */
  readonly device: number | undefined;
  /** By analyzer, ms a step that its hooks took. */
  readonly hooks: Readonly<Record<string, number>>;
}

async function measured(set: string, folder: string, workshop: Workshop): Promise<Omit<Measured, "set" | "device">> {
  const { batch_size, d_vocab, ...model } = size;
  const of = sets[set]!;
  const steps = before + counted + after;
  const config = {
    model,
    train: { batch_size, steps, lr: 6e-4, warmup_steps: 1 },
    data: { corpus: { tokens: { files: ["tokens.bin"], d_vocab, separator: 0 } } },
    eval: { every: 0, windows: batch_size },
    checkpoint: { every: 0 },
    engine: { name: "xla", precision: flags.precision },
    sinks: { json: {} },
    analyzers: Object.fromEntries(
      names.map((name) => [name, !of.names.includes(name) ? false : { ...(of.every && { every: of.every }) }]),
    ),
  };
  let at = 0;
  let cpu = 0;
  let result: Pick<Measured, "wall" | "busy"> | undefined;
  const done = await train({ config: config as never, baseDir: folder, plugins: builtIns, workshop }, undefined, {
    step: ({ step }) => {
      if (step === before) [at, cpu] = [performance.now(), mainThreadMs()];
      if (step !== before + counted) return;
      const wall = (performance.now() - at) / counted;
      result = { wall, busy: (mainThreadMs() - cpu) / counted };
    },
  });
  rmSync(join(folder, "runs"), { recursive: true, force: true }); // a checkpoint is gigabytes
  const hooks = Object.entries(done.hostMs).map(([name, ms]) => [name, ms / steps]);
  return { ...result!, hooks: Object.fromEntries(hooks) };
}

/** Processor time of the main thread so far, ms: what a busy machine does not change. Linux tells; elsewhere that of all threads. */
function mainThreadMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/** Medians by set of analyzers. */
async function deviceTimes(wanted: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const here = fileURLToPath(import.meta.url);
  const subject = join(here, "..", `subject${extname(here)}`);
  const child = await GpuChild.start(process.execPath, [
    ...process.execArgv,
    subject,
    flags.size,
    flags.precision,
    "1",
    "",
  ]);
  if (child === undefined) throw new Error("the xla engine does not start here; BENCH_DEBUG=1 shows why");
  const found = new Map<string, number>();
  for (const set of wanted) {
    const probes = sets[set]!.names.join(",");
    await child.ask(`run 10 ${probes}`);
    const times = await child.ask<number[]>(`run 40 ${probes}`);
    found.set(set, times.sort((a, b) => a - b)[20]!);
  }
  await child.end();
  return found;
}

/** A text whose tokens are as unequally frequent as words (Zipf). */
function writeText(file: string): void {
  const random = createRandom(1, "text");
  const count = 2 ** 21;
  const ids = Uint16Array.from({ length: count }, (_, i) =>
    i % 2048 === 0 ? 0 : Math.min(size.d_vocab - 1, Math.floor(size.d_vocab ** random.next())),
  );
  writeFileSync(file, ids);
}

giveHeapRoom(); // as training does
const folder = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
const shared = createWorkshop();
const engine = flags.simulate === undefined ? undefined : simulatedEngine(Number(flags.simulate));
const workshop = engine === undefined ? shared : { ...shared, engine: async () => engine };
try {
  writeText(join(folder, "tokens.bin"));
  const report: Measured[] = [];
  const wanted = flags.sets?.split(",") ?? Object.keys(sets);
  const device = engine === undefined ? await deviceTimes(wanted) : undefined;
  if (!flags.json)
    console.log(
      "| analyzers | step with probes | run, ms a step | main thread | in hooks |\n| --- | --- | --- | --- | --- |",
    );
  for (const set of wanted) {
    const one = { set, device: device?.get(set), ...(await measured(set, folder, workshop)) };
    report.push(one);
    const hooks = Object.entries(one.hooks).map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
    if (!flags.json)
      console.log(
        `| ${set} | ${one.device?.toFixed(2) ?? ""} | ${one.wall.toFixed(2)} | ${one.busy.toFixed(2)} | ${hooks.join(", ")} |`,
      );
  }
  if (flags.json) console.log(JSON.stringify(report, undefined, 2));
} finally {
  await shared.close();
  rmSync(folder, { recursive: true, force: true });
}
