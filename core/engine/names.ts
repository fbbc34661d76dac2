/** What an engine, a provider and a precision are called: for the config, and for the engines. */

export const engineNames = ["xla", "tensorflow", "onnx", "wasm", "cpu"] as const;
export type EngineName = (typeof engineNames)[number];

/** In tf32 and bfloat16 only the factors of matrix products are rounded: sums, state and everything else stay float32. */
export const precisionNames = ["float32", "tf32", "bfloat16"] as const;
export type PrecisionName = (typeof precisionNames)[number];

/** Whether units that fire for no token of a batch are left out of an MLP's products; `auto`: where that saves time. */
export const skipSilentNames = ["auto", "on", "off"] as const;
export type SkipSilent = (typeof skipSilentNames)[number];

/** Where ONNX Runtime may be told to compute; which of them are there depends on its build. */
export const providerNames = ["cpu", "cuda", "webgpu", "coreml", "dml"] as const;
export type ProviderName = (typeof providerNames)[number];

/** Keys of `engine` that one engine alone reads. */
export const keysOfOne = {
  onnx: ["provider", "skip_silent"],
  xla: ["plugin", "precision", "devices", "deterministic", "memory"],
} as const satisfies Partial<Record<EngineName, readonly string[]>>;
