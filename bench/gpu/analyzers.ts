/**
 * What analyzers cost a run at the paper's width: `npm run bench:gpu:analyzers`. For each set of analyzers a run of `experiment
 * train`'s own loop, ms a step (wall) and ms of the main thread's processor time a step. Without a GPU, `-- --simulate 45` lets an
 * engine that computes nothing take 45 ms a step and report drawn numbers: what the host does stays the same.
 * `--sets none,default`, `--steps 80`, `--size paper`, `--precision tf32`, `--json`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../../core/arrays/random.ts";
import { train } from "../../core/run/train.ts";
import { createWorkshop, type Workshop } from "../../core/run/workshop.ts";
import { builtIns } from "../../plugins/index.ts";
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
const chosen = (some: readonly string[], options: object) =>
  Object.fromEntries(names.map((name) => [name, some.includes(name) ? options : false]));
const sets: Readonly<Record<string, object>> = {
  none: chosen([], {}),
  ...Object.fromEntries(names.map((name) => [name, chosen([name], {})])),
  default: chosen(names, {}),
  always: chosen(names, { every: 1 }),
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
  /** By analyzer, ms a step that its hooks took. */
  readonly hooks: Readonly<Record<string, number>>;
}

async function measured(set: string, folder: string, workshop: Workshop): Promise<Measured> {
  const { batch_size, d_vocab, ...model } = size;
  const steps = before + counted + after;
  const config = {
    model,
    train: { batch_size, steps, lr: 6e-4, warmup_steps: 1 },
    data: { corpus: { tokens: { files: ["tokens.bin"], d_vocab, separator: 0 } } },
    eval: { every: 0, windows: batch_size },
    checkpoint: { every: 0 },
    engine: { name: "xla", precision: flags.precision },
    sinks: { json: {} },
    analyzers: sets[set],
  };
  let at = 0;
  let cpu = 0;
  let result: Omit<Measured, "hooks"> | undefined;
  const done = await train({ config: config as never, baseDir: folder, plugins: builtIns, workshop }, undefined, {
    step: ({ step }) => {
      if (step === before) [at, cpu] = [performance.now(), mainThreadMs()];
      if (step !== before + counted) return;
      const wall = (performance.now() - at) / counted;
      result = { set, wall, busy: (mainThreadMs() - cpu) / counted };
    },
  });
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

/** A text whose tokens are as unequally frequent as words (Zipf). */
function writeText(file: string): void {
  const random = createRandom(1, "text");
  const count = 2 ** 21;
  const ids = Uint16Array.from({ length: count }, (_, i) =>
    i % 2048 === 0 ? 0 : Math.min(size.d_vocab - 1, Math.floor(size.d_vocab ** random.next())),
  );
  writeFileSync(file, ids);
}

const folder = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
const shared = createWorkshop();
const engine = flags.simulate === undefined ? undefined : simulatedEngine(Number(flags.simulate));
const workshop = engine === undefined ? shared : { ...shared, engine: async () => engine };
try {
  writeText(join(folder, "tokens.bin"));
  const report: Measured[] = [];
  if (!flags.json) console.log("| analyzers | ms a step | main thread busy | in hooks |\n| --- | --- | --- | --- |");
  for (const set of flags.sets?.split(",") ?? Object.keys(sets)) {
    const one = await measured(set, folder, workshop);
    report.push(one);
    const hooks = Object.entries(one.hooks).map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
    if (!flags.json) console.log(`| ${set} | ${one.wall.toFixed(2)} | ${one.busy.toFixed(2)} | ${hooks.join(", ")} |`);
  }
  if (flags.json) console.log(JSON.stringify(report, undefined, 2));
} finally {
  await shared.close();
  rmSync(folder, { recursive: true, force: true });
}
