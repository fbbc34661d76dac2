/** First against last layer. */
import { z } from "zod";
import { type Analyzer, defineAnalyzer } from "../../../core/plugin.ts";
import { onScale, type StatisticName, shareNames, statisticNames } from "../../../core/statistics/contrast.ts";
import { logit } from "../../../core/statistics/effects.ts";
import { byMetric, countLayers, firingsOf } from "../counts.ts";
import { layerStatistics, tallies } from "../layer-statistics.ts";
import { charts } from "./charts.ts";
import { deltas, pairOf, sizeOfEffect } from "./effects.ts";
import { sequenceSpread, useAtEqualFirings } from "./equal-firings.ts";
import { createHistory } from "./history.ts";
import { crossLevel, pool, trend, type Verdict, verdictNumber, verdicts } from "./inversion.ts";
import { metrics } from "./metrics.ts";

const options = z.strictObject({
  trend_every: z
    .int()
    .min(1)
    .default(20)
    .describe("Analyses between judgements of the trends, which take 20 points at least."),
});

/** Analyzer `layer-contrast`: how first and last layer differ, and whether they are inverted (arXiv 2407.07848). */
export const layerContrast: Analyzer = defineAnalyzer({
  name: "layer-contrast",
  summary:
    "First against last layer: effects with errors over sequences, three tests for inversion, a control for activity.",
  options,
  sites: ["mlp_post"],
  metrics,
  headline: ["use_batch_equal_firings"],
  charts,
  setup: ({ trend_every }, run) => {
    const history = createHistory(1 + 2 * statisticNames.length);
    let announced: Record<string, Verdict> = {};

    return {
      probe: ({ mlp_post }, { tf }) => countLayers(tf, mlp_post),
      analyze: (readings, at) => {
        const layers = firingsOf(readings);
        const [first, last] = [layers[0]!, layers.at(-1)!];
        const unit = 1 / first.units;
        const pair = pairOf(first, last);
        const delta = deltas(pair);
        const named = <T>(prefix: string, value: (name: StatisticName) => T) =>
          Object.fromEntries(statisticNames.map((name) => [`${prefix}${name}`, value(name)]));

        const judged: Record<string, Verdict> = {
          inversion_cross_level: crossLevel(delta),
          inversion_pool: pool(delta),
        };
        if (at.step > run.warmupSteps) {
          const ends = [pair.first, pair.last].flatMap((end) =>
            statisticNames.map((name) => onScale(name, end[name], unit)),
          );
          history.add([Math.log(at.tokens), ...ends]);
          if (history.length() % trend_every === 0) Object.assign(judged, trends());
        }
        for (const [test, verdict] of Object.entries(judged)) {
          if (verdict !== (announced[test] ?? "undetermined")) at.event("inversion-verdict", { test, verdict });
        }
        announced = { ...announced, ...judged };

        const equal = useAtEqualFirings(layers);
        return {
          ...byMetric(layers.map((layer) => layerStatistics(tallies(layer)))),
          ...named("delta_", (name) => delta[name].value),
          ...named("delta_se_", (name) => delta[name].se),
          ...Object.fromEntries(shareNames.map((name) => [`h_${name}`, sizeOfEffect(name, pair)])),
          ...Object.fromEntries(Object.entries(judged).map(([test, verdict]) => [test, verdictNumber(verdict)])),
          use_batch_equal_firings: equal,
          delta_use_batch_equal_firings: logit(equal.at(-1)!, unit) - logit(equal[0]!, unit),
          inversion_size: delta.use_batch.value - delta.use_token.value,
          seq_spread: layers.map(sequenceSpread),
        };
      },
      save: () => {
        const tests = Object.keys(metrics).map((test) => verdictNumber(announced[test] ?? "undetermined"));
        return { ...history.save(), announced: { shape: [tests.length], data: Int32Array.from(tests) } };
      },
      load: (state) => {
        history.load(state);
        const numbers = state.announced?.data ?? new Int32Array();
        announced = Object.fromEntries(Object.keys(metrics).map((test, i) => [test, verdicts[(numbers[i] ?? 0) + 1]!]));
      },
    };

    function trends(): Record<string, Verdict> {
      const times = history.row(0);
      const judgements = statisticNames.map((name, i): [string, Verdict] => {
        const [first, last] = [history.row(1 + i), history.row(1 + statisticNames.length + i)];
        const finite = [...first, ...last].every(Number.isFinite);
        return [`trend_${name}`, finite ? trend(times, first, last) : "undetermined"];
      });
      return Object.fromEntries(judgements);
    }
  },
});
