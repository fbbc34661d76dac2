/** Forks: one checkpoint continued under other data orders, or with one thing changed. */
import { listCheckpoints } from "../core/checkpoint/folder.ts";
import { deepFreeze } from "../core/config/deep-freeze.ts";
import { differencesOf } from "../core/config/difference.ts";
import type { Config } from "../core/config/schema.ts";
import { noParameters } from "../core/errors/errors.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { presentBaseDir } from "../core/record/base-dir.ts";
import { readRows } from "../core/record/reader.ts";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { recordedData } from "../core/run/open.ts";
import { recordedConfig } from "../core/run/recorded-config.ts";
import type { RunRequest } from "../core/run/request.ts";
import type { Word } from "../core/run/trust.ts";
import { mean, variance } from "../statistics/moments.ts";
import { noCheckpointAt, noGradientNorms, nothingToFork, originGone, unknownCounterfactual } from "./errors.ts";
import type { ForkOrigin } from "./sweep/sweep.ts";

/** What is changed in a counterfactual fork, beside the data order; `norms` are the run's gradient norms up to the fork, oldest first. */
export type Counterfactual = (
  config: Config,
  norms: readonly number[],
) => { readonly [K in "train"]: Partial<Config["train"]> };

/** Names of counterfactuals; `N` stands for a layer. */
export const counterfactualNames = [
  "no-decay",
  "half-lr",
  "half-clip",
  "no-outliers",
  "hold-layer-N",
  "hold-upstream-N",
] as const;

/** Steps before the fork that say what an ordinary gradient is, and deviations above their mean that make an outlier (as for spikes). */
const ordinarySteps = 50;
const outlierDeviations = 3;

/** The change that a name stands for. Throws `usage` for others. */
export function counterfactual(name: string): Counterfactual {
  if (name === "no-decay") return () => ({ train: { weight_decay: 0 } });
  if (name === "half-lr") return ({ train }) => ({ train: { lr: train.lr / 2 } });
  if (name === "half-clip") return ({ train }) => ({ train: { grad_clip: train.grad_clip / 2 } });
  if (name === "no-outliers")
    return (_, norms) => ({ train: { skip_above: outlierFrom(norms.slice(-ordinarySteps)) } });
  const [, what, digits] = /^hold-(layer|upstream)-(\d+)$/.exec(name) ?? [];
  if (what === undefined) throw unknownCounterfactual(name, counterfactualNames);
  const layer = Number(digits);
  return ({ model, train }) => {
    if (layer >= model.n_layers) throw unknownCounterfactual(name, counterfactualNames);
    return { train: { hold: [...train.hold, ...(what === "layer" ? incoming(layer) : upstreamOf(layer))] } };
  };
}

/** The gradient norm from which on a step is an outlier. Throws `usage` when too few steps are on record to tell. */
function outlierFrom(norms: readonly number[]): number {
  if (norms.length < 2) throw noGradientNorms(norms.length);
  return mean(norms) + outlierDeviations * Math.sqrt(variance(norms));
}

/** Incoming weights and biases of a layer's units: what then moves them lies upstream. */
function incoming(layer: number): string[] {
  return [`blocks.${layer}.mlp.W_in`, `blocks.${layer}.mlp.b_in`];
}

/** Everything that a layer's units read from: what then moves them is their own weights. */
function upstreamOf(layer: number): string[] {
  const before = Array.from({ length: layer }, (_, l) => `blocks.${l}.`);
  const own = ["ln1.", "attn.", "ln2."].map((part) => `blocks.${layer}.${part}`);
  return ["embed.", "pos_embed.", ...before, ...own];
}

/** What `experiment fork` asks for. */
export interface ForkOptions {
  /** Folder of the run directories, and the run to fork. */
  readonly root: string;
  readonly ref: string;
  /** The step whose checkpoint is continued; the newest without. */
  readonly at?: number;
  readonly orders: number;
  readonly steps: number;
  readonly counterfactuals: readonly string[];
  /** Steps after the fork at which a checkpoint is kept, beside its beginning and its end. */
  readonly keepAt?: readonly number[];
  /** Forks without analyzers, and with no sink but the json one: for studies that look at checkpoints alone. */
  readonly bare?: boolean;
  readonly word?: Word;
  readonly acceptChangedCorpus?: boolean;
}

/**
 * One request for each fork: data orders 1 to `orders`, plain and then under each counterfactual. Forks keep the run's schedule
 * and save only what they begin and end with. Throws `usage` when there is no such checkpoint, and `run.untrusted`.
 */
export async function forkRequests(options: ForkOptions, plugins: PluginTable): Promise<RunRequest[]> {
  const { root, ref, orders, steps, counterfactuals, keepAt = [], bare = false, word = {} } = options;
  const { dir, run } = readRun(resolveRun(root, ref));
  if (run.observed !== undefined) throw noParameters(run.id, run.observed.source);
  const all = listCheckpoints(dir);
  const found = options.at === undefined ? all[0] : all.find(({ step }) => step === options.at);
  if (found === undefined) throw noCheckpointAt(run.id, options.at, all.map(({ step }) => step).toReversed());
  const { config, baseDir: vouched } = recordedConfig(run, plugins, word);
  const baseDir = presentBaseDir(dir, run, vouched);
  const left = config.train.steps - found.step;
  if (left <= 0) throw nothingToFork(run.id, found.step, all.map(({ step }) => step).toReversed());
  const notes =
    left < steps ? [`only ${left} steps of the run's schedule are left after step ${found.step}, not ${steps}.`] : [];
  const changes = [
    ["plain", () => ({ train: {} })] as const,
    ...counterfactuals.map((name) => [name, counterfactual(name)] as const),
  ];

  const norms = counterfactuals.includes("no-outliers") ? await gradientNorms(dir, found.step) : [];
  return changes.flatMap(([name, change]) =>
    Array.from({ length: orders }, (_, k): RunRequest => {
      const order = k + 1;
      const until = Math.min(found.step + steps, config.train.steps);
      const suffix = name === "plain" ? `order-${order}` : `${name}-order-${order}`;
      const forked: Config = {
        ...config,
        name: `${run.name}-fork-${found.step}-${suffix}`,
        data: { ...config.data, order },
        train: { ...config.train, ...change(config, norms).train, until },
        checkpoint: {
          every: 0,
          keep_last: Math.max(2, config.checkpoint.keep_last),
          keep_every: 0,
          at: [found.step, ...keepAt.map((after) => found.step + after)],
        },
        ...(bare && {
          analyzers: {},
          sinks: { json: config.sinks.json ?? {} },
          eval: { ...config.eval, every: 0 },
        }),
      };
      const changed = differencesOf(config, forked).map(({ keyPath }) => [keyPath, "fork"] as const);
      const sources = { ...run.sources, ...Object.fromEntries(changed) };
      const loaded = { config: deepFreeze(forked), sources, file: undefined, baseDir };
      const of = { run: run.id, step: found.step, arm: name };
      const acceptChangedCorpus = options.acceptChangedCorpus === true;
      return { loaded, plugins, notes, ...forkFrom({ of, parent: dir, acceptChangedCorpus }) };
    }),
  );
}

/** The parts of a request that make it a fork. Throws `checkpoint.invalid` when the checkpoint is there no more. */
export function forkFrom({ of, parent, acceptChangedCorpus }: ForkOrigin) {
  const all = listCheckpoints(parent);
  const found = all.find(({ step }) => step === of.step);
  if (found === undefined) throw originGone(of.run, of.step, all.map(({ step }) => step).toReversed());
  const recorded = recordedData(readRun(parent).run);
  return { recorded, acceptChangedCorpus, fork: { of, checkpoint: found.path } };
}

/** Gradient norms that a run has on record up to a step; none where it keeps no rows. */
async function gradientNorms(dir: string, until: number): Promise<number[]> {
  const { rows } = await readRows(dir);
  const norms = rows.filter(({ step }) => step <= until).map(({ metrics }) => metrics["train/grad_norm"]);
  return norms.filter((norm) => norm !== undefined);
}
