/** Part of the contract: the run that a plugin works in, when something happens in it, and how it ends. */
import type { DeclaredChart } from "./chart.ts";
import type { LayerParameters } from "./model.ts";
import type { ModelShape } from "./shape.ts";

export type Awaitable<T> = T | Promise<T>;

/** A metric as declared by a plugin or by the trainer. */
export interface MetricInfo {
  /** What stands before the layer in a row's key: `my_analyzer/share`. */
  readonly key: string;
  /** Meaning, range and unit. */
  readonly description: string;
  /** Among the first that a person wants to see. */
  readonly headline?: boolean;
  /** Of a metric whose elements are token ids: keys of those that say something of each. */
  readonly tokens?: readonly string[];
}

/** Which arrays of a run hold token ids, by key, alone or of a layer. */
export function idKeys(metrics: readonly MetricInfo[]): (key: string) => boolean {
  const declared = new Set(metrics.filter(({ tokens }) => tokens !== undefined).map(({ key }) => key));
  return (key) => declared.size > 0 && declared.has(key.replace(/\/layer_\d+$/, ""));
}

/** What a token id stands for: text, or bytes where it is a piece that is no text by itself. */
export type TokenText = string | readonly number[];

/** Where a run stands in a sweep. */
export interface SweepPlace {
  readonly name: string;
  /** What the plan set in this run, by key path. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Those of them that vary, without the seed, as a label: runs of one group differ in their seed alone. */
  readonly group: string;
}

/** The run that a plugin works in. Frozen. */
export interface Run {
  readonly id: string;
  readonly name: string;
  /** The run's own directory, absolute. */
  readonly dir: string;
  readonly seed: number;
  /** The resolved config without secrets, as written to run.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly model: ModelShape;
  /** Names of the parameters around each layer's neurons, first layer first. */
  readonly layers: readonly LayerParameters[];
  /** Parameters that are not trained. */
  readonly held: readonly string[];
  /** Sequences in one step, over all micro-batches. */
  readonly batchSize: number;
  readonly tokensPerStep: number;
  /** Steps in the whole run, and those of them that warm the learning rate up. */
  readonly steps: number;
  readonly warmupSteps: number;
  /** Wall clock at the very start of the run, ms since 1970; a resumed run keeps the first start's. */
  readonly startedAt: number;
  /** The step whose checkpoint this process went on from; absent in a fresh run. */
  readonly resumedFrom?: number;
  /** The run and step that this one was forked from, and what was changed (`plain`: the data order alone); absent in a run that began with weights of its own. */
  readonly fork?: { readonly run: string; readonly step: number; readonly arm?: string };
  /**
   * Set where nothing is trained: the steps of such a run are looks at parameters that came from elsewhere, and there are neither
   * gradients nor an optimizer.
   */
  readonly observed?: Observed;
  /** The sweep that it is part of. */
  readonly sweep?: SweepPlace;
  /** What each token id stands for, in the order of ids; absent where only ids are known. */
  readonly vocabulary?: () => Awaitable<readonly TokenText[]>;
  /** Every metric that may appear in rows, and every declared chart, all plugins together. */
  readonly metrics: readonly MetricInfo[];
  readonly charts: readonly DeclaredChart[];
}

/** What an observed run looks at. */
export interface Observed {
  /** The model plugin. */
  readonly architecture: string;
  /** Where the parameters come from: a folder, a run. */
  readonly source: string;
  /** Looks in the whole run. */
  readonly looks: number;
  /** The activation, where it is never exactly zero for what does not fire: `silu`, `gelu`. */
  readonly soft?: string;
  /** What an activation must exceed to count as firing, in each layer; absent where that is 0. */
  readonly thresholds?: readonly number[];
}

/** When something happened. */
export interface Moment {
  /** Optimizer steps done, counting this one: the first step is 1. */
  readonly step: number;
  /** Training tokens seen, counting this step's. */
  readonly tokens: number;
  /** Wall clock, ms since 1970. */
  readonly time: number;
}

/** How a run ended, or what this process's part of it came to. */
export interface Outcome {
  readonly state: "finished" | "failed" | "interrupted";
  readonly step: number;
  readonly tokens: number;
  readonly time: number;
  /** Why, in one line, when it did not finish. */
  readonly reason?: string;
}
