/** What a sweep would take, from a few steps of its first run. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LoadedConfig } from "../../core/config/load.ts";
import type { Config } from "../../core/config/schema.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { files } from "../../core/record/format.ts";
import { train } from "../../core/run/train.ts";
import { median } from "../../statistics/moments.ts";
import type { OpenSweep } from "./snapshot.ts";

/** Most steps that are tried. */
const tried = 12;

/** Sums over all runs that are to be done. */
export interface Estimate {
  /** Steps that were tried, of which run. */
  readonly steps: number;
  readonly index: number;
  /** Time of all runs one after another in one warm process, ms. */
  readonly ms: number;
  /** Bytes on disk once all have finished. */
  readonly bytes: number;
  /** Whether other runs' sizes were taken into account by their arithmetic alone. */
  readonly scaled: boolean;
}

/** Trains the first of `todo` for a few steps in a folder that is gone afterwards; nothing is sent anywhere. */
export async function estimateOf(sweep: OpenSweep, todo: readonly number[], plugins: PluginTable): Promise<Estimate> {
  const index = todo[0] ?? 0;
  const costs = await tryOut(await sweep.load(index), plugins);
  const all = await Promise.all(todo.map(async (one) => costOf((await sweep.load(one)).config, costs)));
  return {
    steps: costs.tried,
    index,
    ms: all.reduce((sum, { ms }) => sum + ms, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    scaled: all.some(({ scaled }) => scaled),
  };
}

/** What parts of a run take, ms and bytes. */
export interface Costs {
  /** Steps that were tried. */
  readonly tried: number;
  readonly start: number;
  readonly step: number;
  readonly evaluation: number;
  readonly checkpoint: number;
  readonly row: number;
  readonly saved: number;
  readonly work: number;
  readonly size: number;
}

/** Trains a few steps of a config in a folder that is gone afterwards. */
export async function tryOut(loaded: LoadedConfig, plugins: PluginTable): Promise<Costs> {
  const { config } = loaded;
  const steps = Math.min(tried, config.train.steps);
  const folder = mkdtempSync(path.join(tmpdir(), "reluscope-trial-"));
  try {
    const begun = performance.now();
    const times: number[] = [];
    const short: Config = {
      ...config,
      runs: folder,
      train: { ...config.train, until: steps },
      checkpoint: { ...config.checkpoint, every: 0, at: [] },
      sinks: Object.fromEntries(Object.entries(config.sinks).filter(([name]) => name === "json")),
    };
    const { dir } = await train({ loaded: { ...loaded, config: short }, plugins }, undefined, {
      step: () => times.push(performance.now()),
    });
    const ended = performance.now();
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    const stepMs = median(gaps.length > 1 ? gaps.slice(0, -1) : gaps.length > 0 ? gaps : [ended - begun]);
    return {
      tried: steps,
      start: Math.max(0, (times[0] ?? ended) - begun - stepMs),
      step: stepMs,
      evaluation: Math.max(0, (gaps.at(-1) ?? stepMs) - stepMs),
      checkpoint: ended - (times.at(-1) ?? begun),
      row: bytesIn(dir, (name) => name !== files.checkpoints) / steps,
      saved: bytesIn(path.join(dir, files.checkpoints), () => true),
      work: workOf(config),
      size: sizeOf(config),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function costOf(config: Config, costs: Costs) {
  const { train, eval: evaluation, checkpoint } = config;
  const scale = workOf(config) / costs.work;
  const larger = sizeOf(config) / costs.size;
  const steps = train.until > 0 ? Math.min(train.until, train.steps) : train.steps;
  const times = (every: number) => (every > 0 ? Math.ceil(steps / every) : 1);
  const saves = times(checkpoint.every);
  const ms =
    costs.start +
    scale * (costs.step * steps + costs.evaluation * times(evaluation.every)) +
    larger * costs.checkpoint * saves;
  const bytes = costs.row * steps + larger * costs.saved * Math.min(saves, checkpoint.keep_last);
  return { ms, bytes, scaled: scale !== 1 };
}

/** Multiplications of one step's matrices, up to a factor. */
function workOf({ model, train }: Config): number {
  return train.batch_size * train.accumulate * model.n_ctx * sizeOf({ model } as Config);
}

/** Weights of the blocks' matrices. */
function sizeOf({ model: { n_layers, d_model, d_mlp } }: Config): number {
  return n_layers * (4 * d_model ** 2 + 2 * d_model * d_mlp);
}

function bytesIn(folder: string, counts: (name: string) => boolean): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!counts(entry.name)) continue;
    const at = path.join(folder, entry.name);
    sum += entry.isDirectory() ? bytesIn(at, () => true) : statSync(at).size;
  }
  return sum;
}
