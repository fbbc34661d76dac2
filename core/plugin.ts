/**
 * THE CONTRACT between reluscope and its plugins. Read this first.
 *
 * A plugin is a plain object made by `defineAnalyzer`, `defineSink` or `defineCorpus`. Its state lives in the closure of
 * `setup`; there is no base class and no `this`. Built-in plugins and yours are resolved the same way.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Arrays, NDArray } from "./ndarray.ts";
import type { Chart, DeclaredChart } from "./plugin-chart.ts";
import type { SinkSpec } from "./plugin-sink.ts";

// Charts and sinks have files of their own.
export type * from "./plugin-chart.ts";
export type * from "./plugin-sink.ts";

export type Awaitable<T> = T | Promise<T>;

// ---------------------------------------------------------------------------------------------------------- sites

/**
 * Places inside every layer, by TransformerLens' names without the `hook_` prefix. Each gives one tensor a layer:
 * `resid_pre`, `mlp_in` (the residual stream before the MLP's norm), `attn_out`, `resid_post` `[batch pos d_model]`;
 * `attn_pattern` `[batch head pos pos]`; `mlp_pre`, `mlp_post` (before and after the activation) `[batch pos d_mlp]`.
 */
export const layerSites = [
  "resid_pre",
  "attn_pattern",
  "attn_out",
  "mlp_in",
  "mlp_pre",
  "mlp_post",
  "resid_post",
] as const;
/** Places that occur once: `embed` `[batch pos d_model]`, `logits` `[batch pos d_vocab]`. */
export const modelSites = ["embed", "logits"] as const;

export type LayerSite = (typeof layerSites)[number];
export type ModelSite = (typeof modelSites)[number];
/** A named place in the forward pass. */
export type Site = LayerSite | ModelSite;

/** What a probe gets: for a layer site, one tensor for each layer, first layer first. */
export type Activations<S extends Site> = { readonly [K in S]: K extends LayerSite ? readonly Tensor[] : Tensor };

/** What else a probe may look at. All of it belongs to the step that the activations come from. */
export interface ProbeInputs {
  /** TensorFlow.js, the very copy that the trainer runs on. */
  readonly tf: typeof tf;
  /** Token ids, int32 `[batch pos]`. */
  readonly tokens: Tensor;
  /** The tokens to predict, int32 `[batch pos]`. */
  readonly targets: Tensor;
  /** The parameters that the activations were computed with (before the update), by the names of a checkpoint. */
  readonly params: Readonly<Record<string, Tensor>>;
  /** Gradients of the mean loss before clipping, by the same names. */
  readonly grads: Readonly<Record<string, Tensor>>;
}

// ------------------------------------------------------------------------------------------------------- readings

/** What a probe returns: named tensors, or one tensor for each layer under one name. */
export type Probe = Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** The same names on the host: float32 arrives as Float32Array, int32 as Int32Array, bool as Uint8Array (0 or 1). */
export type Readings<P> = { readonly [K in keyof P]: P[K] extends readonly Tensor[] ? readonly NDArray[] : NDArray };

/**
 * A metric's value at one step: a number, one number for each layer, or arrays (a vector with one entry for each neuron, a
 * curve) alone or for each layer. Numbers become `section/metric` or `section/metric/layer_0`; arrays go to `arrays/` and,
 * in W&B, to histograms: they never become thousands of keys. NaN and infinities are kept.
 */
export type Value = number | readonly number[] | NDArray | readonly NDArray[];

// ------------------------------------------------------------------------------------------------------------ run

/** Sizes of the model, in the literature's names. */
export interface ModelShape {
  readonly n_layers: number;
  readonly d_model: number;
  readonly n_heads: number;
  readonly d_mlp: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
}

/** A metric as declared by a plugin or by the trainer. */
export interface MetricInfo {
  /** What stands before the layer in a row's key: `token_sparsity/use_token`. */
  readonly key: string;
  /** Meaning, range and unit. */
  readonly description: string;
  /** Among the first that a person wants to see. */
  readonly headline?: boolean;
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
  /** The run and step that this one was forked from; absent in a run that began with weights of its own. */
  readonly fork?: { readonly run: string; readonly step: number };
  /** Every metric that may appear in rows, and every declared chart, all plugins together. */
  readonly metrics: readonly MetricInfo[];
  readonly charts: readonly DeclaredChart[];
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

/** `Moment` for an analyzer, which can put events on record. */
export interface AnalyzerMoment extends Moment {
  /** Puts a notable happening on record (events.jsonl): a kind in kebab-case and plain JSON data. */
  event(kind: string, data: Readonly<Record<string, unknown>>): void;
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

// ---------------------------------------------------------------------------------------------------------- hooks

/** Hooks that any analyzer may have; called in config order, one after another, awaited. */
export interface Lifecycle {
  onRunStart?(run: Run): Awaitable<void>;
  /** `gradNorm`: global norm of the gradient before clipping. */
  onStep?(at: Moment & { readonly loss: number; readonly gradNorm: number }): Awaitable<void>;
  onEval?(at: Moment & { readonly loss: number }): Awaitable<void>;
  onCheckpoint?(at: Moment & { readonly path: string }): Awaitable<void>;
  onRunEnd?(outcome: Outcome): Awaitable<void>;
}

/** What a frozen probe may look at beside its sites: there is no gradient, for nothing is trained on these sequences. */
export type FrozenInputs = Omit<ProbeInputs, "grads">;

/**
 * A second look at the model, on held-out sequences that stay the same for the whole run: what changes between two looks is
 * the model alone. Made by `defineFrozenProbe`.
 */
export interface FrozenProbe<M extends string, S extends Site = Site, P extends Probe = Probe> {
  /** Steps between looks. As for all analyzers, the first and the last step are looked at too. */
  readonly every: number;
  /** Held-out sequences; where the corpus has fewer, all of them. */
  readonly sequences: number;
  readonly sites: readonly S[];
  /** As the analyzer's own `probe`, with the parameters as they are after the step's update. */
  probe(sites: Activations<S>, inputs: FrozenInputs): P;
  /** As the analyzer's own `analyze`, and after it where both look at a step. */
  analyze(readings: Readings<P>, at: AnalyzerMoment): Awaitable<Partial<Record<M, Value>>>;
}

/** Makes a frozen probe; types flow from `sites` to `probe`, and from what `probe` returns to `analyze`. */
export function defineFrozenProbe<const S extends Site, P extends Probe, M extends string>(
  frozen: FrozenProbe<M, S, P>,
): FrozenProbe<M> {
  return frozen as unknown as FrozenProbe<M>;
}

/** What an analyzer's `setup` returns. */
export interface AnalyzerInstance<S extends Site, P extends Probe, M extends string> extends Lifecycle {
  /**
   * On the device, inside the step. Runs once for each signature on a compiled engine, each time on an eager one, so it must
   * be pure: no reads of values, no randomness, no clock. What it returns should be small: reduce here, not on the host.
   * It sees the whole batch of the step, all micro-batches of gradient accumulation together.
   */
  probe(sites: Activations<S>, inputs: ProbeInputs): P;
  /**
   * On the host, after the step, in step order. Gets exactly what `probe` returned, and may leave metrics out. Equal readings of
   * several analyzers are the same arrays: only read them.
   */
  analyze(readings: Readings<P>, at: AnalyzerMoment): Awaitable<Partial<Record<NoInfer<M>, Value>>>;
  /** A second look, at text that stays the same. */
  readonly frozen?: FrozenProbe<NoInfer<M>>;
  /** State that must survive a resume; written into the checkpoint. */
  save?(): Arrays;
  load?(state: Arrays): void;
}

/**
 * An analyzer: watches named sites and reports metrics. How often is the config's choice: every analyzer takes `every: N` beside
 * its own options, and nothing is captured on the other steps.
 */
export interface AnalyzerSpec<O, S extends Site, P extends Probe, M extends string> {
  /** kebab-case, unique in a run; with `_` for `-` it is the section of the metrics. */
  readonly name: string;
  /** One line, shown by `experiment plugins`. */
  readonly summary: string;
  /** A strict zod object; `.describe()` and `.default()` feed help and errors. */
  readonly options: z.ZodType<O>;
  /** Steps between looks where the config does not say; default 1. */
  readonly every?: number;
  /** Only these are captured; nothing else costs anything. */
  readonly sites: readonly S[];
  /** Name to meaning, range and unit. Names are snake_case. */
  readonly metrics: Readonly<Record<M, string>>;
  /** Metrics for the table at the end of `experiment train`, one number for each layer; default none. */
  readonly headline?: readonly NoInfer<M>[];
  readonly charts?: readonly Chart[];
  setup(options: O, run: Run): AnalyzerInstance<S, P, M>;
}

// -------------------------------------------------------------------------------------------------------- corpora

/** One document: text, or token ids where the corpus is tokenized already. */
export type Document = string | Uint16Array;

/** What a corpus yields, whole: documents in a fixed order. The trainer splits them by document and tokenizes them. */
export interface Documents {
  readonly documents: readonly Document[];
  /** For token ids: the size of the vocabulary. */
  readonly d_vocab?: number;
  /** Where the text came from, for run.json: name, licence, hash, files. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** A corpus: something to train on. */
export interface CorpusSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** `baseDir` is the folder of the config file: relative paths start there. */
  load(options: O, baseDir: string): Awaitable<Documents>;
}

// --------------------------------------------------------------------------------------------------------- define

/** Any analyzer, sink or corpus, its type parameters forgotten: what modules export and the registry holds. */
export interface Analyzer extends AnalyzerSpec<never, Site, Probe, string> {
  readonly kind: "analyzer";
}
export interface Sink extends SinkSpec<never> {
  readonly kind: "sink";
}
export interface Corpus extends CorpusSpec<never> {
  readonly kind: "corpus";
}
export type Plugin = Analyzer | Sink | Corpus;
export type PluginKind = Plugin["kind"];

/** Makes an analyzer; types flow from `sites` to `probe`, and from what `probe` returns to `analyze`. */
export function defineAnalyzer<O, const S extends Site, P extends Probe, const M extends string>(
  spec: AnalyzerSpec<O, S, P, M>,
): Analyzer {
  return { kind: "analyzer", ...spec } as unknown as Analyzer;
}

/** Makes a sink. */
export function defineSink<O>(spec: SinkSpec<O>): Sink {
  return { kind: "sink", ...spec } as unknown as Sink;
}

/** Makes a corpus. */
export function defineCorpus<O>(spec: CorpusSpec<O>): Corpus {
  return { kind: "corpus", ...spec } as unknown as Corpus;
}
