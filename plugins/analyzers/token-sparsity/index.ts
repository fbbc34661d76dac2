/** How many units each token uses. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/plugin.ts";
import { byMetric, countLayers, firingsOf } from "../counts.ts";
import { charts } from "./charts.ts";
import { metrics } from "./metrics.ts";
import { tokenUse } from "./token-use.ts";

/** Analyzer `token-sparsity`: per-token use of MLP units (arXiv 2407.07848), layer by layer. */
export const tokenSparsity: Analyzer = defineAnalyzer({
  name: "token-sparsity",
  summary: "How many MLP units each token uses, layer by layer.",
  options: z.strictObject({}),
  sites: ["mlp_post"],
  metrics,
  headline: ["use_token"],
  charts,
  setup: () => ({
    probe: ({ mlp_post }, { tf }) => countLayers(tf, mlp_post),
    analyze: (readings) => byMetric(firingsOf(readings).map((layer) => tokenUse(layer))),
  }),
});
