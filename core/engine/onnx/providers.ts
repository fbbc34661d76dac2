/** ONNX Runtime itself, loaded when first needed, and what it can run on. */
import { engineUnavailable, reasonOf } from "../../errors.ts";
import type { ProviderName } from "../engine.ts";

export type Ort = typeof import("onnxruntime-node");

/** The module. Throws `engine.unavailable` with the reason where it cannot be loaded. */
export async function loadOrt(): Promise<Ort> {
  try {
    return await import("onnxruntime-node");
  } catch (thrown) {
    throw engineUnavailable("onnx", reasonOf(thrown), "Install it with `npm install onnxruntime-node`.");
  }
}

/** Throws `engine.unavailable`, naming what there is, unless the provider is part of this build. */
export function checkProvider(ort: Ort, provider: ProviderName): void {
  const there = ort.listSupportedBackends().map(({ name }) => name);
  if (there.includes(provider)) return;
  throw engineUnavailable(
    "onnx",
    `provider \`${provider}\` is not part of this build of ONNX Runtime`,
    `Available: ${there.join(", ")}.`,
  );
}
