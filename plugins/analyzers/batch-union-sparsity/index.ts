/** How many units whole sequences and batches use. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/contract/analyzer.ts";
import { createGathering, gatheredMetrics } from "../../../statistics/gathered.ts";
import { byMetric } from "../counts.ts";
import { countUnits, unitFiringsOf } from "../unit-counts.ts";
import { charts } from "./charts.ts";
import { metrics } from "./metrics.ts";
import { createPast } from "./past.ts";
import { unionReport } from "./report.ts";

const options = z.strictObject({
  window: z
    .int()
    .min(1)
    .default(4)
    .describe("Analysed batches whose firing frequencies make use_batch_independent's baseline."),
});

/** Analyzer `batch-union-sparsity`: per-sequence and per-batch use of MLP units (arXiv 2407.07848), layer by layer. */
export const batchUnionSparsity: Analyzer = defineAnalyzer({
  name: "batch-union-sparsity",
  summary: "How many MLP units a sequence and a whole batch use, and how far from chance, layer by layer.",
  options,
  every: 10,
  sites: ["mlp_fires"],
  metrics,
  headline: ["use_seq", "use_batch"],
  charts,
  setup: ({ window }, run) => {
    const size = { batch: run.batchSize, pos: run.model.n_ctx };
    const past = createPast(window);
    const gathering = createGathering();
    return {
      probe: ({ mlp_fires }, { tf }) => countUnits(tf, mlp_fires),
      combine: { perUnit: "sum", sequences: "sum" },
      analyze: (readings) => {
        const layers = unitFiringsOf(readings, size);
        const use_batch_independent = past.expectedUse(layers);
        past.remember(layers);
        const report = byMetric(layers.map(unionReport));
        gathering.add(report.cluster_index.map(Math.log));
        const gathered = gatheredMetrics("cluster_index", gathering, layers.length, Math.exp);
        return { ...report, ...gathered, use_batch_independent };
      },
      save: () => ({ ...past.save(), ...gathering.save() }),
      load: ({ gathered, ...state }) => {
        past.load(state);
        gathering.load({ ...(gathered && { gathered }) });
      },
    };
  },
});
