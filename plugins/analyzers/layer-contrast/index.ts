/** First against last layer. */
import { z } from "zod";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { type Analyzer, defineAnalyzer, defineFrozenProbe } from "../../../core/contract/analyzer.ts";
import { onScale, statisticNames } from "../../../statistics/contrast.ts";
import { byMetric, countLayers, firingsOf } from "../counts.ts";
import { charts } from "./charts.ts";
import { createHistory } from "./history.ts";
import { trend, verdictNumber, verdicts } from "./inversion.ts";
import { metrics } from "./metrics.ts";
import { contrastReport } from "./report.ts";
import { type NullEntropy, nullEntropy, specificityReport } from "./specificity.ts";
import { countTypes } from "./token-types.ts";

const count = z.int().min(1);

const options = z.strictObject({
  trend_every: z
    .int()
    .min(1)
    .default(20)
    .describe("Analyses between judgements of the trends, which take 20 points at least."),
  specificity_every: z
    .int()
    .min(0)
    .default(200)
    .describe(
      "Steps between looks at held-out text for specificity, each of which takes about as long as a step; 0 for none.",
    ),
  specificity_tokens: count.default(2048).describe("Held-out tokens looked at, rounded up to whole sequences."),
  specificity_types: count
    .default(256)
    .describe("Distinct tokens that count, the most frequent of that text (of bytes: all)."),
  specificity_units: count
    .default(1024)
    .describe("Most units of a layer looked at (the first ones where there are more; units are in no order)."),
});

/** Before the names of tests whose verdicts are saved. */
const prefix = "announced/";

/** Analyzer `layer-contrast`: how first and last layer differ, and whether they are inverted (arXiv 2407.07848). */
export const layerContrast: Analyzer = defineAnalyzer({
  name: "layer-contrast",
  summary:
    "First against last layer: effects with errors over sequences, three tests for inversion, a control for activity.",
  options,
  every: 10,
  sites: ["mlp_post"],
  metrics,
  headline: ["use_batch_equal_firings"],
  charts,
  setup: (chosen, run) => {
    const history = createHistory(1 + 2 * statisticNames.length);
    let announced: Record<string, number> = {};

    return {
      probe: ({ mlp_post }, { tf }) => countLayers(tf, mlp_post),
      analyze: (readings, at) => {
        const layers = firingsOf(readings);
        const report = contrastReport(layers);
        const { inversion_cross_level, inversion_pool } = report;
        const judged: Record<string, number> = { inversion_cross_level, inversion_pool };
        if (at.step > run.warmupSteps) {
          const unit = 1 / layers[0]!.units;
          const ends = [0, -1].flatMap((end) =>
            statisticNames.map((name) => onScale(name, report[name].at(end)!, unit)),
          );
          history.add([Math.log(at.tokens), ...ends]);
          if (history.length() % chosen.trend_every === 0) Object.assign(judged, trends());
        }
        for (const [test, verdict] of Object.entries(judged)) {
          if (verdict === (announced[test] ?? 0)) continue;
          at.event("inversion-verdict", { test, verdict: verdicts[verdict + 1] });
        }
        announced = { ...announced, ...judged };
        return { ...report, ...judged };
      },
      ...(chosen.specificity_every > 0 && { frozen: specificityLook(chosen, run.model.n_ctx) }),
      save: () => {
        const entries = Object.entries(announced).map(([test, verdict]): [string, NDArray] => [
          `${prefix}${test}`,
          { shape: [], data: Int32Array.of(verdict) },
        ]);
        return { ...history.save(), ...Object.fromEntries(entries) };
      },
      load: (state) => {
        history.load(state);
        const saved = Object.entries(state).filter(([key]) => key.startsWith(prefix));
        announced = Object.fromEntries(saved.map(([key, { data }]) => [key.slice(prefix.length), data[0]!]));
      },
    };

    function trends(): Record<string, number> {
      const times = history.row(0);
      const judgements = statisticNames.map((name, i): [string, number] => {
        const [first, last] = [history.row(1 + i), history.row(1 + statisticNames.length + i)];
        const finite = [...first, ...last].every(Number.isFinite);
        return [`trend_${name}`, finite ? verdictNumber(trend(times, first, last)) : 0];
      });
      return Object.fromEntries(judgements);
    }
  },
});

/** The look at held-out text, which is the same each time. */
function specificityLook(chosen: z.output<typeof options>, n_ctx: number) {
  let expected: NullEntropy | undefined;
  return defineFrozenProbe({
    every: chosen.specificity_every,
    sequences: Math.ceil(chosen.specificity_tokens / n_ctx),
    sites: ["mlp_post"],
    probe: ({ mlp_post }, inputs) => ({
      ...countTypes(inputs, mlp_post, chosen.specificity_types, chosen.specificity_units),
    }),
    analyze: ({ present, firings }) => {
      expected ??= nullEntropy(present.data);
      const known = expected;
      const report = byMetric(firings.map((layer) => specificityReport(layer, known)));
      return { ...report, delta_specificity: report.specificity.at(-1)! - report.specificity[0]! };
    },
  });
}
