/** What batch-union-sparsity says of one layer and batch. */
import type { UnitFirings } from "../unit-counts.ts";
import { unionGrowth } from "./growth.ts";
import { unionUse } from "./union-use.ts";

/** Everything that batch-union-sparsity reports of a layer's firings, but for what it knows of batches before. */
export function unionReport(layer: UnitFirings) {
  return { ...unionUse(layer), union_growth: unionGrowth(layer) };
}
