/** How many units whole sequences and batches use. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/plugin.ts";
import { byMetric, countLayers, firingsOf } from "../counts.ts";
import { charts } from "./charts.ts";
import { metrics } from "./metrics.ts";
import { unionUse } from "./union-use.ts";

/** Analyzer `batch-union-sparsity`: per-sequence and per-batch use of MLP units (arXiv 2407.07848), layer by layer. */
export const batchUnionSparsity: Analyzer = defineAnalyzer({
  name: "batch-union-sparsity",
  summary: "How many MLP units a sequence and a whole batch use, layer by layer.",
  options: z.strictObject({}),
  sites: ["mlp_post"],
  metrics,
  headline: ["use_seq", "use_batch"],
  charts,
  setup: () => ({
    probe: ({ mlp_post }, { tf }) => countLayers(tf, mlp_post),
    analyze: (readings) => byMetric(firingsOf(readings).map((layer) => unionUse(layer))),
  }),
});
