/** From what an analyzer returns to what a row holds; and the trainer's own metrics. */
import { invalidPlugin } from "./errors.ts";
import { type NDArray, sizeOf } from "./ndarray.ts";
import type { Analyzer, MetricInfo, Value } from "./plugin.ts";

/** The section that a plugin's metrics, charts and outputs are filed under: `token-sparsity` gives `token_sparsity`. */
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
  { key: "train/bits_per_byte", description: "The same in bits per byte of text (text corpora only)." },
  { key: "train/lr", description: "Learning rate of the step.", headline: true },
  { key: "train/grad_norm", description: "Global L2 norm of the gradient before clipping.", headline: true },
  {
    key: "eval/loss",
    description: "Mean cross-entropy over the held-out windows after the step's update, nats per token.",
    headline: true,
  },
  {
    key: "eval/loss_se",
    description: "Standard error of eval/loss over windows (windows as independent units).",
    headline: true,
  },
  { key: "eval/bits_per_byte", description: "eval/loss in bits per byte of text (text corpora only).", headline: true },
  { key: "perf/step_ms", description: "Wall-clock time of the step, ms; not reproducible." },
  {
    key: "perf/tokens_per_second",
    description: "Training tokens per second over the step; not reproducible.",
    headline: true,
  },
];

/** Every metric an analyzer may log, by key. */
export function metricsOf(analyzer: Analyzer): readonly MetricInfo[] {
  const section = sectionOf(analyzer.name);
  return Object.entries(analyzer.metrics).map(([name, description]) => {
    const headline = analyzer.headline?.includes(name) ?? false;
    return { key: `${section}/${name}`, description, ...(headline && { headline }) };
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
 * Throws `plugin.invalid` for a metric that was not declared or a value that is none.
 */
export function recordValues(
  analyzer: Analyzer,
  values: Readonly<Record<string, Value | undefined>>,
  n_layers: number,
  into: Recorded,
): void {
  const section = sectionOf(analyzer.name);
  for (const [metric, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(analyzer.metrics, metric)) {
      throw invalidPlugin(analyzer.name, `it returned the metric \`${metric}\`, which it does not declare.`);
    }
    const key = `${section}/${metric}`;
    if (!Array.isArray(value)) {
      recordOne(analyzer, key, value as number | NDArray, into);
      continue;
    }
    if (value.length !== n_layers) {
      const problem = `${metric}: expected ${n_layers} values (one for each layer), got ${value.length}.`;
      throw invalidPlugin(analyzer.name, problem);
    }
    for (const [layer, one] of value.entries()) recordOne(analyzer, `${key}/layer_${layer}`, one, into);
  }
}

function recordOne(analyzer: Analyzer, key: string, value: number | NDArray, into: Recorded): void {
  if (typeof value === "number") {
    into.metrics[key] = value;
  } else if (isArray(value)) {
    into.arrays[key] = value;
  } else {
    throw invalidPlugin(analyzer.name, `${key}: expected a number or { shape, data }, got ${typeof value}.`);
  }
}

function isArray(value: unknown): value is NDArray {
  if (typeof value !== "object" || value === null || !("shape" in value) || !("data" in value)) return false;
  return ArrayBuffer.isView(value.data) && sizeOf(value.shape as number[]) === (value as NDArray).data.length;
}
