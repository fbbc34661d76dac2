/** Part of the contract: analyzers, which watch named sites and report metrics. */
import type { Tensor } from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Arrays, NDArray } from "../arrays/ndarray.ts";
import type { Chart } from "./chart.ts";
import type { Awaitable, Moment, Outcome, Run } from "./run.ts";
import type { Activations, FrozenInputs, GradientInputs, ProbeInputs, Site } from "./sites.ts";

/** What a probe returns: named tensors, or one tensor for each layer under one name. */
export type Probe = Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** The same names on the host: float32 arrives as Float32Array, int32 as Int32Array, bool as Uint8Array (0 or 1). */
export type Readings<P> = { readonly [K in keyof P]: P[K] extends readonly Tensor[] ? readonly Reading[] : Reading };

/**
 * How a reading of each micro-batch becomes the reading of their batch: `sequences` joins them along the first axis, which is that of
 * sequences; the others go element by element, first micro-batch first, in the reading's own dtype (integers exactly, float32 to
 * rounding; `mean` is for float32, `any` and `all` are for bool).
 */
export type Combination = "sequences" | "sum" | "mean" | "max" | "min" | "any" | "all";

/** One tensor that a probe returned, on the host. */
export interface Reading extends NDArray {
  /** Its numbers, when they are float32. Throws for other dtypes. */
  floats(): Float32Array;
  /** Its numbers, when they are int32. Throws for other dtypes. */
  ints(): Int32Array;
}

/**
 * A metric's value at one step: a number, one number for each layer, or arrays (a vector with one entry for each neuron, a
 * curve) alone or for each layer. Numbers become `section/metric` or `section/metric/layer_0`; arrays go to `arrays/` (a
 * sink may make histograms of them): they never become thousands of keys. NaN and infinities are kept.
 */
export type Value = number | readonly number[] | NDArray | readonly NDArray[];

/** What `analyze` returns: some of the declared metrics. */
export type Metrics<M extends string = string> = { readonly [K in M]?: Value | undefined };

/** A step, and what the trainer did at it. */
export interface StepMoment extends Moment {
  /** Learning rate of the step. */
  readonly lr: number;
  /** Whether the update was applied; false where `train.skip_above` skipped it. */
  readonly applied: boolean;
  /** The factor by which weight decay alone shrank matrices in this step; 1 where nothing decayed. */
  readonly shrink: number;
}

/** A step for an analyzer, which can put events on record. */
export interface AnalyzerMoment extends StepMoment {
  /** Puts a notable happening on record (events.jsonl): a kind in kebab-case and plain JSON data. */
  event(kind: string, data: Readonly<Record<string, unknown>>): void;
}

/** Hooks that any analyzer may have; called in config order, one after another, awaited. */
export interface Lifecycle {
  onRunStart?(run: Run): Awaitable<void>;
  /** At every step, also those that no probe looks at. `gradNorm`: global norm of the gradient before clipping. */
  onStep?(at: StepMoment & { readonly loss: number; readonly gradNorm: number }): Awaitable<void>;
  onEval?(at: Moment & { readonly loss: number }): Awaitable<void>;
  onCheckpoint?(at: Moment & { readonly path: string }): Awaitable<void>;
  onRunEnd?(outcome: Outcome): Awaitable<void>;
}

/**
 * A second look at the model, on held-out sequences that stay the same for the whole run: what changes between two looks is
 * the model alone. Made by `defineFrozenProbe`. `M` are the metrics that it reports.
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
  analyze(readings: Readings<P>, at: AnalyzerMoment): Awaitable<Metrics<M>>;
}

/** Makes a frozen probe; types flow from `sites` to `probe`, and from what `probe` returns to `analyze`. */
export function defineFrozenProbe<const S extends Site, P extends Probe, M extends string>(
  frozen: FrozenProbe<M, S, P>,
): FrozenProbe<M> {
  return frozen as unknown as FrozenProbe<M>;
}

/** No readings. */
type None = Readonly<Record<never, never>>;

/**
 * What an analyzer's `setup` returns. `R` are the metrics that `analyze` reports, `F` those of its frozen probe, `G` the readings of
 * `probeGradients`.
 */
export interface AnalyzerInstance<
  S extends Site,
  P extends Probe,
  R extends string = string,
  F extends string = string,
  G extends Probe = None,
> extends Lifecycle {
  /**
   * On the device, inside the step. Runs once for each signature on a compiled engine, each time on an eager one, so it must
   * be pure: no reads of values, no randomness, no clock. What it returns should be small: reduce here, not on the host.
   * It sees the whole batch of the step, all micro-batches of gradient accumulation together, unless `combine` says how what it
   * reads of them one by one is put together.
   */
  probe(sites: Activations<S>, inputs: ProbeInputs): P;
  /**
   * For every reading of `probe`, how those of micro-batches combine. With it `probe` runs on one micro-batch after another, and what
   * it looks at there is freed with the micro-batch; without it every site of the batch is kept until the step's last one. It then
   * has no gradients: those are known behind the last micro-batch, and are for `probeGradients`.
   */
  readonly combine?: { readonly [K in keyof P]: Combination };
  /**
   * As `probe`, once a step behind its last micro-batch: what is made of gradients and parameters, and of no site. Its readings reach
   * `analyze` with those of `probe`, under names of their own; in an observed run, which has no gradients, they are absent.
   */
  probeGradients?(inputs: GradientInputs): G;
  /**
   * On the host, after the step, in step order. Gets exactly what the probes returned, and may leave metrics out. Equal readings of
   * several analyzers are the same arrays: only read them.
   */
  analyze(readings: Readings<P> & Partial<Readings<G>>, at: AnalyzerMoment): Awaitable<Metrics<R>>;
  /** A second look, at text that stays the same. */
  readonly frozen?: FrozenProbe<F>;
  /** State that must survive a resume; written into the checkpoint. */
  save?(): Arrays;
  load?(state: Arrays): void;
}

/**
 * An analyzer: watches named sites and reports metrics. How often is the config's choice: every analyzer takes `every: N` beside
 * its own options, and nothing is captured on the other steps.
 */
export interface AnalyzerSpec<
  O,
  S extends Site,
  P extends Probe,
  M extends string,
  R extends string = string,
  F extends string = string,
  G extends Probe = None,
> {
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
  /** Name to meaning, range and unit. Names are snake_case. Everything that `analyze` returns must be declared here. */
  readonly metrics: Readonly<Record<M, string>>;
  /** Metrics for the table at the end of `experiment train`, one number for each layer; default none. */
  readonly headline?: readonly NoInfer<M>[];
  readonly charts?: readonly Chart<NoInfer<M>>[];
  /**
   * Metrics whose elements are token ids, and for each the metrics that say something of those tokens. Ids are int32 `[ranks d_mlp]`
   * for each layer, below 0 for none; what is said of them has the same shape, or is of a unit as a whole, `[d_mlp]`. A unit without ids and
   * with NaN for what is said of it as a whole was not looked at. A page of a unit shows each as a table, with the text of each id.
   */
  readonly tokens?: Readonly<Partial<Record<NoInfer<M>, readonly NoInfer<M>[]>>>;
  /** Metrics that need gradients or an optimizer: an observed run, which has none, says once that they are absent. */
  readonly gradients?: readonly NoInfer<M>[];
  setup(options: O, run: Run): AnalyzerInstance<S, P, R, F, G>;
}

/** Any analyzer, its type parameters forgotten: what modules export and the registry holds. */
export interface Analyzer extends AnalyzerSpec<never, Site, Probe, string> {
  readonly kind: "analyzer";
}

/**
 * Makes an analyzer; types flow from `sites` to `probe`, and from what `probe` returns to `analyze`. A metric that `analyze`
 * returns and `metrics` does not declare is a type error at `metrics`, also when it comes through a variable or a spread.
 */
export function defineAnalyzer<
  O,
  const S extends Site,
  P extends Probe,
  const M extends string,
  R extends string = never,
  F extends string = never,
  G extends Probe = None,
>(spec: AnalyzerSpec<O, S, P, M, R, F, G> & { readonly metrics: Readonly<Record<R | F, string>> }): Analyzer {
  return { kind: "analyzer", ...spec } as unknown as Analyzer;
}
