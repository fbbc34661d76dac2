/** How many units each token uses, and how often each unit fires. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/contract/analyzer.ts";
import { createGathering, gatheredMetrics } from "../../../statistics/gathered.ts";
import { byMetric, counts } from "../counts.ts";
import { countUnits, packedCounts, squaredCounts } from "../unit-counts.ts";
import { charts } from "./charts.ts";
import { unitValues } from "./frequency.ts";
import { metrics } from "./metrics.ts";
import { tokenReportOf } from "./report.ts";
import { tokenFiringsOf } from "./token-firings.ts";

/** Analyzer `token-sparsity`: per-token use of MLP units (arXiv 2407.07848), layer by layer. */
export const tokenSparsity: Analyzer = defineAnalyzer({
  name: "token-sparsity",
  summary: "How many MLP units each token uses and how often each unit fires, layer by layer.",
  options: z.strictObject({
    per_unit: z
      .boolean()
      .default(false)
      .describe(
        "Record each unit's firing frequency and mean |activation| at each look as well, for pages of units: 8 bytes a unit.",
      ),
  }),
  every: 10,
  sites: ["mlp_post", "mlp_fires"],
  metrics,
  headline: ["use_token"],
  charts,
  setup: ({ per_unit }) => {
    const gathering = createGathering();
    return {
      probe: ({ mlp_post, mlp_fires }, { tf, sequences }) => ({
        perUnit: countUnits(tf, mlp_fires).perUnit, // [d_mlp]
        perToken: mlp_fires.map((fires) => counts(tf, fires).perToken), // [batch pos]
        perSequence: mlp_fires.map((fires) => packedCounts(tf, fires)),
        squares: mlp_fires.map((fires) => squaredCounts(tf, fires, sequences)),
        sums: mlp_post.map((post) => tf.sum(tf.sum(tf.abs(post), 1), 0)), // [d_mlp]: within sequences first, as counts are
      }),
      combine: { perUnit: "sum", perToken: "sequences", perSequence: "sequences", squares: "sum", sums: "sum" },
      analyze: (readings) => {
        const layers = tokenFiringsOf(readings);
        const sums = readings.sums.map(({ data }) => data);
        const report = byMetric(layers.map((layer, l) => tokenReportOf(layer, sums[l]!)));
        const units = per_unit ? byMetric(layers.map((layer, l) => unitValues(layer, sums[l]!))) : {};
        gathering.add(report.use_token);
        return { ...report, ...units, ...gatheredMetrics("use_token", gathering, report.use_token.length) };
      },
      save: gathering.save,
      load: gathering.load,
    };
  },
});
