/** First against last layer. */
import { z } from "zod";
import type { NDArray } from "../../../core/ndarray.ts";
import { type Analyzer, defineAnalyzer } from "../../../core/plugin.ts";
import { onScale, statisticNames } from "../../../core/statistics/contrast.ts";
import { countLayers, firingsOf } from "../counts.ts";
import { charts } from "./charts.ts";
import { createHistory } from "./history.ts";
import { trend, verdictNumber, verdicts } from "./inversion.ts";
import { metrics } from "./metrics.ts";
import { contrastReport } from "./report.ts";

const options = z.strictObject({
  trend_every: z
    .int()
    .min(1)
    .default(20)
    .describe("Analyses between judgements of the trends, which take 20 points at least."),
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
  setup: ({ trend_every }, run) => {
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
          if (history.length() % trend_every === 0) Object.assign(judged, trends());
        }
        for (const [test, verdict] of Object.entries(judged)) {
          if (verdict === (announced[test] ?? 0)) continue;
          at.event("inversion-verdict", { test, verdict: verdicts[verdict + 1] });
        }
        announced = { ...announced, ...judged };
        return { ...report, ...judged };
      },
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
