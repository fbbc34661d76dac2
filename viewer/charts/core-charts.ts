/** Charts of what the trainer itself reports. */
export interface CoreChart {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Keys of the metrics, as in a row. */
  readonly families: readonly string[];
  readonly yTitle: string;
  /** Those of them that are drawn as dots. */
  readonly dots?: readonly string[];
}

export const coreCharts: readonly CoreChart[] = [
  {
    id: "loss",
    title: "Loss",
    description: "Mean cross-entropy in nats a token: line on training batches, dots on held-out text.",
    families: ["train/loss", "eval/loss"],
    yTitle: "loss (nats)",
    dots: ["eval/loss"],
  },
  {
    id: "bits-per-byte",
    title: "Held-out bits per byte",
    description: "Comparable between tokenizers, unlike the loss.",
    families: ["eval/bits_per_byte"],
    yTitle: "bits per byte",
    dots: ["eval/bits_per_byte"],
  },
  {
    id: "grad-norm",
    title: "Gradient norm",
    description: "Global norm before clipping.",
    families: ["train/grad_norm"],
    yTitle: "norm",
  },
  { id: "lr", title: "Learning rate", description: "", families: ["train/lr"], yTitle: "learning rate" },
  {
    id: "throughput",
    title: "Throughput",
    description: "Tokens in a second, analysis included.",
    families: ["perf/tokens_per_second"],
    yTitle: "tokens/s",
  },
];

/** Sections of metrics that these charts cover. */
export const coreSections: ReadonlySet<string> = new Set(["train", "eval", "perf"]);
