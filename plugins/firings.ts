/** `reluscope/firings`: counts of firings for analyzers of one's own, and the built-in reports of counts that were joined. */
export { unionReport } from "./analyzers/batch-union-sparsity/report.ts";
export { byMetric, countLayers, countsCombine, type Firings, firings, firingsOf } from "./analyzers/counts.ts";
export { contrastReport } from "./analyzers/layer-contrast/report.ts";
export { mergeFirings, mergeSums } from "./analyzers/merge.ts";
export { tokenReport } from "./analyzers/token-sparsity/report.ts";
