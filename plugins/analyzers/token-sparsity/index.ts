/** How many units each token uses, and how often each unit fires. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/contract/analyzer.ts";
import { createGathering, gatheredMetrics } from "../../../statistics/gathered.ts";
import { byMetric, countLayers, countsCombine, firingsOf } from "../counts.ts";
import { charts } from "./charts.ts";
import { metrics } from "./metrics.ts";
import { tokenReport } from "./report.ts";

/** Analyzer `token-sparsity`: per-token use of MLP units (arXiv 2407.07848), layer by layer. */
export const tokenSparsity: Analyzer = defineAnalyzer({
  name: "token-sparsity",
  summary: "How many MLP units each token uses and how often each unit fires, layer by layer.",
  options: z.strictObject({}),
  every: 10,
  sites: ["mlp_post", "mlp_fires"],
  metrics,
  headline: ["use_token"],
  charts,
  setup: () => {
    const gathering = createGathering();
    return {
      probe: ({ mlp_post, mlp_fires }, { tf }) => ({
        ...countLayers(tf, mlp_fires),
        sums: mlp_post.map((post) => tf.sum(tf.abs(post), [0, 1])), // [d_mlp]
      }),
      combine: { ...countsCombine, sums: "sum" },
      analyze: (readings) => {
        const report = byMetric(firingsOf(readings).map((layer, l) => tokenReport(layer, readings.sums[l]!.data)));
        gathering.add(report.use_token);
        return { ...report, ...gatheredMetrics("use_token", gathering, report.use_token.length) };
      },
      save: gathering.save,
      load: gathering.load,
    };
  },
});
