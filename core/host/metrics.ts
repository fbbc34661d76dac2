/** From what an analyzer returns to what a row holds; and the trainer's own metrics. */

import { type NDArray, sizeOf } from "../arrays/ndarray.ts";
import type { Analyzer, Value } from "../contract/analyzer.ts";
import type { MetricInfo } from "../contract/run.ts";
import { shown, wrongValue } from "../errors/errors.ts";

/** The section that a plugin's metrics, charts and outputs are filed under: `my-analyzer` gives `my_analyzer`. */
export function sectionOf(pluginName: string): string {
  return pluginName.replaceAll("-", "_");
}

/** The metrics that the trainer itself puts in rows. */
export const trainerMetrics: readonly MetricInfo[] = [
  {
    key: "train/loss",
    description: "Mean cross-entropy of the step's batch before the update, nats per token, >= 0.",
    headline: true,
  },
  { key: "train/bits_per_byte", description: "The same in bits per byte of the batch's own text (text corpora only)." },
  { key: "train/lr", description: "Learning rate of the step.", headline: true },
  { key: "train/grad_norm", description: "Global L2 norm of the gradient before clipping.", headline: true },
  {
    key: "eval/loss",
    description: "Mean cross-entropy over the held-out windows after the step's update, nats per token.",
    headline: true,
  },
  {
    key: "eval/loss_se",
    description:
      "Standard error of eval/loss over held-out documents (jackknife; windows of one document are alike). NaN with one.",
    headline: true,
  },
  {
    key: "eval/bits_per_byte",
    description: "eval/loss in bits per byte of the evaluated windows' text (text corpora only).",
    headline: true,
  },
  { key: "perf/step_ms", description: "Wall-clock time of the step, ms; not reproducible." },
  {
    key: "perf/tokens_per_second",
    description: "Training tokens per second over the step; not reproducible.",
    headline: true,
  },
];

/** The metrics that an observed run puts in rows itself. */
export const lookMetrics: readonly MetricInfo[] = [
  ...trainerMetrics.filter(({ key }) => key.startsWith("eval/")),
  {
    key: "eval/perplexity",
    description: "exp of eval/loss: per token of the model's own vocabulary, so not comparable between tokenizers.",
    headline: true,
  },
  { key: "look/loss", description: "Mean cross-entropy over the sequences that analyzers looked at, nats per token." },
  { key: "look/ms", description: "Wall-clock time of the look, reading the weights included, ms; not reproducible." },
];

/** Every metric an analyzer may log, by key. */
export function metricsOf(analyzer: Analyzer): readonly MetricInfo[] {
  const section = sectionOf(analyzer.name);
  const keyOf = (name: string) => `${section}/${name}`;
  return Object.entries(analyzer.metrics).map(([name, description]) => {
    const headline = analyzer.headline?.includes(name) ?? false;
    const tokens = analyzer.tokens?.[name]?.map(keyOf);
    return { key: keyOf(name), description, ...(headline && { headline }), ...(tokens && { tokens }) };
  });
}

/** The keys of an analyzer's headline metrics, without the layer. */
export function headlineOf({ name, headline = [] }: Analyzer): readonly string[] {
  return headline.map((metric) => `${sectionOf(name)}/${metric}`);
}

/** Scalars and arrays of one step, by key, in order of arrival. */
export interface Recorded {
  readonly metrics: Record<string, number>;
  readonly arrays: Record<string, NDArray>;
}

/**
 * Files an analyzer's values under their keys: `section/metric`, and `/layer_i` for values given layer by layer.
 * Throws for a metric that was not declared or a value that is none; the caller knows whose they are.
 */
export function recordValues(
  analyzer: Analyzer,
  values: Readonly<Record<string, Value | undefined>>,
  n_layers: number,
  into: Recorded,
): void {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw wrongValue("its result", "an object of metrics", shown(values));
  }
  const section = sectionOf(analyzer.name);
  for (const [metric, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(analyzer.metrics, metric)) {
      throw wrongValue(shown(metric), "one of its declared metrics", "a name that it does not declare");
    }
    const key = `${section}/${metric}`;
    if (!Array.isArray(value)) {
      recordOne(key, value as number | NDArray, into);
      continue;
    }
    if (value.length !== n_layers) {
      const hint = "A vector is given as { shape, data }.";
      throw wrongValue(metric, `${n_layers} values (one for each layer)`, `${value.length}`, hint);
    }
    for (const [layer, one] of value.entries()) recordOne(`${key}/layer_${layer}`, one, into);
  }
}

function recordOne(key: string, value: number | NDArray, into: Recorded): void {
  if (typeof value === "number") {
    into.metrics[key] = value;
    return;
  }
  checkArray(key, value, "a number, or { shape, data } with a typed array");
  into.arrays[key] = value;
}

/** Throws unless `value` is an array of one of the types that can be stored, as long as its shape says. */
export function checkArray(key: string, value: unknown, expected = "{ shape, data } with a typed array"): void {
  const { shape, data } = (value ?? {}) as Partial<NDArray>;
  if (!Array.isArray(shape) || !arrayTypes.some((type) => data instanceof type)) {
    throw wrongValue(key, expected, shown(value));
  }
  if (data?.length !== sizeOf(shape)) {
    throw wrongValue(key, `${sizeOf(shape)} elements for the shape [${shape.join(" ")}]`, `${data?.length}`);
  }
}

/** What `TypedArray` allows. */
const arrayTypes = [Float32Array, Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array] as const;
