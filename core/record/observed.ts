/** What an observed run is, in words: what it looked at, and what "fires" means there where that is not what it means of a ReLU. */
import type { Observed } from "../contract/run.ts";

/** A sentence or two for whoever reads its numbers; undefined where a neuron fires when its activation is above zero behind a ReLU. */
export function firingMeaning({ soft, thresholds }: Partial<Observed> = {}): string | undefined {
  if (soft === undefined && thresholds === undefined) return undefined;
  const above = thresholds ? `above ${thresholds.map((x) => x.toPrecision(3)).join(", ")} (by layer)` : "above 0";
  const never = soft === undefined ? "" : `${soft} is never exactly zero: `;
  return `${never}a neuron counts as firing where its activation is ${above}. Use and sparsity mean that here, and cannot be compared with those of ReLU.`;
}

/** What a run looked at and what firing means there; empty for one that trained. */
export function observedLine(observed: Observed | undefined): string {
  if (observed === undefined) return "";
  const { looks, source, architecture } = observed;
  const seen = `${looks} ${looks === 1 ? "look" : "looks"} at ${source} (${architecture}); nothing was trained.`;
  return [seen, firingMeaning(observed) ?? ""].join(" ").trim();
}
