/** A run small enough to train in a second or two: a config, a corpus on disk, and ways to train and look at it. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { latestCheckpoint } from "../../core/checkpoint/folder.ts";
import { loadConfig } from "../../core/config/load.ts";
import type { Analyzer } from "../../core/contract/analyzer.ts";
import type { Row, Sink } from "../../core/contract/sink.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { readRows } from "../../core/record/reader.ts";
import { resolveRun } from "../../core/record/runs.ts";
import type { Observer } from "../../core/run/observer.ts";
import { resumeRequest } from "../../core/run/request.ts";
import { type TrainResult, train } from "../../core/run/train.ts";
import { builtIns } from "../../plugins/index.ts";

/** What the tiny run's rc file says. Its engine starts at once; a test for which the default one matters says `engine: "auto"`. */
export const tinyConfig = {
  engine: "wasm" as const,
  seed: 3,
  model: { n_layers: 2, d_model: 16, n_heads: 2, d_mlp: 48, n_ctx: 16 },
  data: { corpus: { text: { files: ["corpus/*.txt"] } } },
  train: { steps: 12, batch_size: 4, warmup_steps: 3, lr: 3e-3 },
  eval: { every: 5, windows: 8 },
  checkpoint: { every: 4, keep_last: 2 },
  analyzers: { "token-sparsity": {}, "batch-union-sparsity": { every: 3 } } as Record<string, Record<string, unknown>>,
  sinks: { json: {} } as Record<string, Record<string, unknown>>,
};

/** Writes a corpus of ten documents (the same ones each time) and an rc file with these changes into `folder`. */
export function writeTiny(folder: string, changes: Readonly<Record<string, unknown>> = {}): void {
  const words = "the of and to in a is that for it as was with be by on not he his but at are this have from".split(
    " ",
  );
  let state = 12345;
  mkdirSync(join(folder, "corpus"), { recursive: true });
  for (let document = 0; document < 10; document++) {
    const text = Array.from({ length: 150 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return words[(state >>> 16) % words.length];
    });
    writeFileSync(join(folder, "corpus", `${document}.txt`), `${text.join(" ")}.\n`);
  }
  writeFileSync(join(folder, ".experimentrc"), JSON.stringify({ ...tinyConfig, ...changes }, null, 2));
}

export interface TinyOptions {
  readonly changes?: Readonly<Record<string, unknown>>;
  /** Plugins beside the built-in ones. */
  readonly analyzers?: readonly Analyzer[];
  readonly sinks?: readonly Sink[];
  readonly signal?: AbortSignal;
  readonly observer?: Observer;
  /** Go on with this run of the folder instead of beginning one; the folder is left as it is. */
  readonly resume?: string;
}

/** Trains the tiny run in this process. */
export async function trainTiny(folder: string, options: TinyOptions = {}): Promise<TrainResult> {
  const { resume, signal, observer } = options;
  if (resume !== undefined) {
    return train(resumeRequest(join(folder, "runs"), resume, withPlugins(options)), signal, observer);
  }
  writeTiny(folder, options.changes);
  const loaded = await loadConfig({ cwd: folder, env: {} });
  return train({ loaded, plugins: withPlugins(options) }, signal, observer);
}

/** The built-in plugins and a test's own. */
export function withPlugins({ analyzers = [], sinks = [] }: Pick<TinyOptions, "analyzers" | "sinks">): PluginTable {
  const named = <P extends { name: string }>(plugins: readonly P[]) =>
    Object.fromEntries(plugins.map((plugin) => [plugin.name, async () => plugin]));
  return {
    ...builtIns,
    analyzer: { ...builtIns.analyzer, ...named(analyzers) },
    sink: { ...builtIns.sink, ...named(sinks) },
  };
}

/** The rows on record, without what the clock decides. */
export async function comparableRows(runDir: string): Promise<readonly object[]> {
  const { rows } = await readRows(runDir);
  return rows.map(({ time: _, metrics, ...row }) => {
    return { ...row, metrics: Object.entries(metrics).filter(([key]) => !key.startsWith("perf/")) };
  });
}

/** sha256 of the newest checkpoint's weights and moments. */
export function weightsHash(runDir: string): string {
  const path = latestCheckpoint(runDir).latest?.path;
  if (path === undefined) throw new Error(`no checkpoint in ${runDir}`);
  return createHash("sha256")
    .update(readFileSync(join(path, "state.safetensors")))
    .digest("hex");
}

/** The one run under a folder. */
export function onlyRun(folder: string): string {
  return resolveRun(join(folder, "runs"), "latest");
}

/** Training losses by step, as they stand in the record. */
export async function lossesOf(runDir: string): Promise<readonly (number | undefined)[]> {
  return losses((await readRows(runDir)).rows);
}

/** Losses by step, from what a memory of rows holds. */
export function losses(rows: readonly Pick<Row, "metrics">[]): readonly (number | undefined)[] {
  return rows.map(({ metrics }) => metrics["train/loss"]);
}
