import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { formatVersion, type RunFile } from "../../core/record/format.ts";
import { writeRunFile } from "../../core/record/run-file.ts";

/** A run.json as the trainer writes it. */
export function runFileOf(changes: Partial<RunFile> = {}): RunFile {
  return {
    format: formatVersion,
    id: "20261123-215501-k3f9",
    name: "first",
    createdAt: Date.UTC(2026, 10, 23, 21, 55, 1),
    config: { train: { lr: 0.003, steps: 300 }, analyzers: { "token-sparsity": {} } },
    sources: { "train.lr": "default", "train.steps": "flag --set" },
    baseDir: "/somewhere",
    versions: { reluscope: "0.1.0", node: "20.20.2" },
    engine: { name: "wasm", device: "CPU, 2 threads (wasm)" },
    seed: 1,
    corpus: { name: "sotu" },
    model: { n_layers: 2, d_model: 8, n_heads: 2, d_mlp: 16, n_ctx: 8, d_vocab: 256, n_params: 1000 },
    batchSize: 4,
    tokensPerStep: 32,
    steps: 300,
    warmupSteps: 30,
    metrics: [{ key: "train/loss", description: "Mean loss, nats." }],
    attempts: [{ startedAt: Date.UTC(2026, 10, 23, 21, 55, 1), fromStep: 0 }],
    ...changes,
  };
}

/** A run directory that holds run.json only. */
export function makeRun(root: string, changes: Partial<RunFile> = {}): string {
  const run = runFileOf(changes);
  const dir = join(root, run.id);
  mkdirSync(dir, { recursive: true });
  writeRunFile(dir, run);
  return dir;
}
