/** Run directories made up by formula: what a viewer can be shown without training anything. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../core/arrays/random.ts";
import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { Outcome } from "../../core/contract/run.ts";
import type { Row, RunEvent } from "../../core/contract/sink.ts";
import { files, formatVersion, type RunFile } from "../../core/record/format.ts";
import { rowLine } from "../../core/record/lines.ts";
import { writeRunFile } from "../../core/record/run-file.ts";
import { openRecord } from "../../core/record/writer.ts";
import { syntheticCharts } from "./synthetic-charts.ts";

export interface SyntheticRun {
  readonly id?: string;
  readonly name?: string;
  readonly rows?: number;
  readonly steps?: number;
  readonly layers?: number;
  readonly neurons?: number;
  readonly seed?: number;
  readonly lr?: number;
  /** Absent: the run has no outcome, as while it goes on. */
  readonly outcome?: Outcome["state"];
  readonly charts?: readonly DeclaredChart[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly events?: readonly RunEvent[];
  /** Steps between array metrics; 0: none. */
  readonly arraysEvery?: number;
  /** Two tokens, of ids 0 and 99, that each of a layer's first 18 units fires for. */
  readonly tokens?: boolean;
}

const startedAt = Date.UTC(2026, 10, 23, 9);
const tokensPerStep = 1024;

/** run.json of a made-up run. */
export function syntheticRunFile(id: string, run: SyntheticRun = {}): RunFile {
  const { rows = 300, layers = 4, seed = 1, lr = 3e-3, neurons = 64 } = run;
  const steps = run.steps ?? rows;
  const last = { step: rows, tokens: rows * tokensPerStep, time: startedAt + rows * 100 };
  return {
    format: formatVersion,
    id,
    name: run.name ?? id,
    createdAt: startedAt + seed * 60_000,
    config: {
      name: run.name ?? id,
      seed,
      model: { n_layers: layers, d_model: 64, n_heads: 4, d_mlp: neurons, n_ctx: 64, activation: "relu" },
      train: { lr, steps, batch_size: 16, warmup_steps: 30 },
      analyzers: { "token-sparsity": {}, "neuron-death": { window: 100000 } },
      sinks: { json: {} },
      ...run.config,
    },
    sources: { "train.lr": "flag --lr", "train.steps": ".experimentrc" },
    baseDir: "/somewhere",
    versions: { reluscope: "0.1.0", node: process.versions.node },
    engine: { name: "onnx", device: "CPU, 2 threads" },
    seed,
    corpus: { name: "sotu", hash: "5f1e" },
    model: { n_layers: layers, d_model: 64, n_heads: 4, d_mlp: neurons, n_ctx: 64, d_vocab: 256, n_params: 283_000 },
    batchSize: 16,
    tokensPerStep,
    steps,
    warmupSteps: 30,
    metrics: [
      { key: "train/loss", description: "Mean cross-entropy of the step's tokens, nats." },
      { key: "eval/loss", description: "Mean cross-entropy of held-out windows, nats." },
      { key: "token_sparsity/use_token", description: "Share of units active at a token, 0 to 1." },
      { key: "token_sparsity/each", description: "Firing frequency of each unit. Recorded with option `per_unit`." },
      { key: "own/ids", description: "Tokens of a unit.", tokens: ["own/share"] },
      { key: "own/share", description: "Share of a token's occurrences." },
    ],
    attempts: [{ startedAt, fromStep: 0, ...(run.outcome && { outcome: { state: run.outcome, ...last } }) }],
  };
}

/** The numbers of one step. */
export function syntheticRow(seq: number, run: SyntheticRun, noise: () => number): Row {
  const { layers = 4, lr = 3e-3, neurons = 64, arraysEvery = 25, rows = 300 } = run;
  const step = seq + 1;
  const progress = 1 - Math.exp(-step / 80);
  const metrics: Record<string, number> = {
    "train/loss": 5.55 - 3.1 * progress * (0.9 + 30 * Math.min(lr, 4e-3)) + 0.06 * noise(),
    "train/lr": lr * Math.min(1, step / 30),
    "train/grad_norm": 0.6 + 2 * Math.exp(-step / 20) + 0.1 * Math.abs(noise()),
    "perf/tokens_per_second": 25_000 + 1500 * noise(),
  };
  if (step % 50 === 0) {
    metrics["eval/loss"] = 5.6 - 3 * progress;
    metrics["eval/bits_per_byte"] = (5.6 - 3 * progress) / Math.LN2;
  }
  for (let layer = 0; layer < layers; layer++) {
    const depth = layers === 1 ? 0 : layer / (layers - 1);
    metrics[`token_sparsity/use_token/layer_${layer}`] = 0.5 - (0.44 - 0.25 * (1 - depth)) * progress + 0.004 * noise();
    metrics[`neuron_death/dead/layer_${layer}`] = Math.max(0, 0.3 * depth * (progress - 0.4));
  }
  const probe = arraysEvery > 0 && (step % arraysEvery === 0 || step === 1);
  return {
    seq,
    step,
    tokens: step * tokensPerStep,
    time: startedAt + 60_000 * (run.seed ?? 1) + step * 100,
    metrics,
    arrays: {
      ...(probe && syntheticArrays(step, layers, neurons, rows)),
      ...(probe && run.tokens && syntheticTokens(layers)),
    },
  };
}

function syntheticArrays(step: number, layers: number, neurons: number, rows: number): Row["arrays"] {
  const arrays: Record<string, Row["arrays"][string]> = {};
  for (let layer = 0; layer < layers; layer++) {
    const frequency = Float32Array.from({ length: neurons }, (_, i) => {
      const death = rows * (0.15 + (1.6 * ((i * 37) % neurons)) / neurons) * (1.4 - 0.25 * layer);
      return step > death ? 0 : 10 ** (-3 + 2.7 * (((i * 53) % neurons) / neurons));
    });
    arrays[`neuron_death/frequency/layer_${layer}`] = { shape: [neurons], data: frequency };
    const growth = Float32Array.from({ length: 11 }, (_, k) => 1 - Math.exp(-(2 ** k) / (40 + 60 * layer)));
    arrays[`neuron_death/union/layer_${layer}`] = { shape: [11], data: growth };
    const drift = Float32Array.from(
      [-0.042, -0.009, -0.012, -0.003, -0.03, -0.006, -0.009, -0.002],
      (v) => v * (1 + layer / 8),
    );
    arrays[`neuron_death/drift/layer_${layer}`] = { shape: [2, 4], data: drift };
  }
  arrays["neuron_death/forks"] = { shape: [3], data: Float32Array.from([52, 14.4, 38.1]) };
  return arrays;
}

function syntheticTokens(layers: number): Row["arrays"] {
  const shape = [2, 18];
  const ids = { shape, data: Int32Array.from({ length: 36 }, (_, i) => (i < 18 ? 0 : 99)) };
  const share = { shape, data: new Float32Array(36).fill(0.625) };
  const all = Array.from({ length: layers }, (_, l) => ({
    [`own/ids/layer_${l}`]: ids,
    [`own/share/layer_${l}`]: share,
  }));
  return Object.assign({}, ...all);
}

/** Writes a run directory and gives its path. */
export function writeSyntheticRun(root: string, run: SyntheticRun = {}): string {
  const id = run.id ?? `20261123-090000-${String(run.seed ?? 1).padStart(4, "0")}`;
  const dir = join(root, id);
  mkdirSync(dir, { recursive: true });
  const random = createRandom(run.seed ?? 1, "synthetic");
  const record = openRecord(dir);
  record.writeCharts(run.charts ?? syntheticCharts);
  const rows = Array.from({ length: run.rows ?? 300 }, (_, seq) => syntheticRow(seq, run, random.normal));
  record.writeRows(rows);
  record.writeEvents(run.events ?? syntheticEvents(run));
  record.close();
  writeRunFile(dir, syntheticRunFile(id, run));
  return dir;
}

function syntheticEvents({ rows = 300, layers = 4, seed = 1 }: SyntheticRun): RunEvent[] {
  const random = createRandom(seed, "events");
  const at = (step: number) => ({ step, tokens: step * tokensPerStep, time: startedAt + 60_000 * seed + step * 100 });
  const deaths = Array.from({ length: Math.floor(rows / 6) }, (): RunEvent => {
    const step = Math.floor(rows * (0.2 + 0.8 * random.next()));
    return {
      ...at(step),
      source: "neuron-death",
      kind: "death",
      data: { layer: random.integer(layers), neuron: random.integer(64) },
    };
  }).sort((a, b) => a.step - b.step);
  const middle = Math.floor(rows / 2);
  return [
    ...deaths.filter(({ step }) => step <= middle),
    { ...at(middle), source: "run", kind: "resume", data: { step: middle } },
    ...deaths.filter(({ step }) => step > middle),
    {
      ...at(rows),
      source: "run",
      kind: "warning",
      data: { message: "sink wandb failed: offline. Continuing without it." },
    },
  ];
}

/** Files in the run's directory that are damaged in ways that happen. */
export function damage(
  dir: string,
  how: "torn row" | "garbage rows" | "no run.json" | "garbage run.json" | "garbage charts",
): void {
  if (how === "torn row") appendFileSync(join(dir, files.rows), '{"seq":300,"step":301,"tok');
  if (how === "garbage rows") appendFileSync(join(dir, files.rows), "\u0000\u0001 not a row\n{}\n[1]\n");
  if (how === "no run.json") writeFileSync(join(dir, files.run), "");
  if (how === "garbage run.json") writeFileSync(join(dir, files.run), '{"format": 1, "id": ');
  if (how === "garbage charts") writeFileSync(join(dir, files.charts), '[{"id": 3}, null, 7]');
}

/** A long rows.jsonl, written as a stream of bytes: `keys` metrics in each of `rows` rows, one of them a spike at `spike`. */
export function* longRows(rows: number, keys: number, spike: number): Generator<string> {
  const names = Array.from({ length: keys }, (_, k) =>
    k === 0 ? "train/loss" : `section_${k % 6}/metric_${k}/layer_${k % 12}`,
  );
  let batch = "";
  for (let seq = 0; seq < rows; seq++) {
    const metrics: Record<string, number> = {};
    for (const [k, name] of names.entries())
      metrics[name] = 2 + Math.sin(seq / 9000 + k) + ((seq * 7919 + k * 104729) % 1000) / 9973;
    if (seq === spike) metrics["train/loss"] = 99;
    batch += rowLine({ seq, step: seq + 1, tokens: (seq + 1) * 1024, time: startedAt + seq * 50, metrics });
    if (batch.length > 1 << 20 || seq === rows - 1) {
      yield batch;
      batch = "";
    }
  }
}
