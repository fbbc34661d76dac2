/** First against last layer. */
import { z } from "zod";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../core/arrays/random.ts";
import { type Analyzer, defineAnalyzer, defineFrozenProbe } from "../../../core/contract/analyzer.ts";
import type { Run } from "../../../core/contract/run.ts";
import { onScale, type StatisticName, statisticNames } from "../../../statistics/contrast.ts";
import { byMetric } from "../counts.ts";
import { keeping } from "../thinning.ts";
import { countUnits, type UnitFirings, unitFiringsOf } from "../unit-counts.ts";
import { placed, sampleOf } from "../unit-sample.ts";
import { charts } from "./charts.ts";
import { createContrastCourse, type MeanContrasts } from "./contrast-course.ts";
import { deltaNames, effectsOf, unionSizes } from "./effects.ts";
import { createHistory } from "./history.ts";
import { crossLevel, isSettled, pool, trend, verdictNumber, verdictOf } from "./inversion.ts";
import { metrics, trendNames } from "./metrics.ts";
import { contrastReport } from "./report.ts";
import { type NullEntropy, nullEntropy, specificities, specificityReport } from "./specificity.ts";
import { countTypes, typeIds } from "./token-types.ts";
import { type SureShares, sureShares, unitFrequency, unitTokens } from "./unit-tokens.ts";

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
    .describe("Most units of a layer looked at: all, or where there are more a random sample that the seed decides."),
  per_unit: z
    .boolean()
    .default(false)
    .describe(
      "Record each of those units' specificity and the tokens that it fires for as well, for pages of units: 136 bytes for each unit of a layer.",
    ),
});

/** Before the names of tests whose verdicts are saved. */
const prefix = "announced/";

/** Analyzer `layer-contrast`: how first and last layer differ, and whether they are inverted (arXiv 2407.07848). */
export const layerContrast: Analyzer = defineAnalyzer({
  name: "layer-contrast",
  summary:
    "First against last layer: effects with intervals over units and sequences, three tests for inversion, a control for activity.",
  options,
  every: 10,
  sites: ["mlp_fires"],
  metrics,
  headline: ["use_batch_equal_firings"],
  tokens: { unit_tokens: ["token_share", "token_share_low", "unit_text_frequency", "token_occurrences"] },
  charts,
  setup: (chosen, run) => {
    const size = { batch: run.batchSize, pos: run.model.n_ctx };
    const history = createHistory(1 + 2 * statisticNames.length);
    const course = createContrastCourse();
    let announced: Record<string, number> = {};

    return {
      probe: ({ mlp_fires }, { tf }) => countUnits(tf, mlp_fires),
      combine: { perUnit: "sum", sequences: "sum" },
      analyze: (readings, at) => {
        const layers = unitFiringsOf(readings, size);
        const effects = effectsOf(layers[0]!, layers.at(-1)!);
        const report = contrastReport(layers, effects);
        if (at.step <= run.warmupSteps) return report;
        course.add(effects);
        const ends = [0, -1].flatMap((end) => statisticNames.map((name) => onScale(name, report[name].at(end)!)));
        history.add([Math.log(at.tokens), ...ends]);
        const means = course.means();
        const judged: Record<string, number> = { ...inversions(means) };
        if (history.length() % chosen.trend_every === 0) Object.assign(judged, trends());
        for (const [test, verdict] of Object.entries(judged)) {
          if (Object.is(verdict, announced[test] ?? Number.NaN)) continue;
          at.event("inversion-verdict", { test, verdict: verdictOf(verdict) });
        }
        announced = { ...announced, ...judged };
        return { ...report, ...(means && meanMetrics(means, layers[0]!)), ...judged };
      },
      ...(chosen.specificity_every > 0 && { frozen: specificityLook(chosen, run) }),
      save: () => {
        const entries = Object.entries(announced).map(([test, verdict]): [string, NDArray] => [
          `${prefix}${test}`,
          { shape: [], data: Float64Array.of(verdict) },
        ]);
        return { ...history.save(), ...course.save(), ...Object.fromEntries(entries) };
      },
      load: (state) => {
        history.load(state);
        course.load(state);
        const saved = Object.entries(state).filter(([key]) => key.startsWith(prefix));
        announced = Object.fromEntries(saved.map(([key, { data }]) => [key.slice(prefix.length), data[0]!]));
      },
    };

    /** One statistic's course in both layers. */
    function ends(name: StatisticName): [number[], number[]] {
      const i = statisticNames.indexOf(name);
      return [history.row(1 + i), history.row(1 + statisticNames.length + i)];
    }

    function inversions(means: MeanContrasts | undefined) {
      const settled = (name: StatisticName) => {
        const [first, last] = ends(name);
        return isSettled(
          history.row(0),
          first.map((value, i) => last[i]! - value),
        );
      };
      const verdict = (judge: typeof crossLevel, names: readonly StatisticName[]) =>
        verdictNumber(means === undefined ? "not yet" : judge(means, names.every(settled)));
      return {
        inversion_cross_level: verdict(crossLevel, ["use_token", "use_batch"]),
        inversion_pool: verdict(pool, ["use_batch", "k50"]),
      };
    }

    function trends(): Record<string, number> {
      const times = history.row(0);
      const judgements = trendNames.map((name): [string, number] => {
        const [first, last] = ends(name);
        const finite = [...first, ...last].every(Number.isFinite);
        const verdict = finite ? trend(times, first, last, 0.05 / trendNames.length) : "undecided";
        return [`trend_${name}`, verdictNumber(verdict)];
      });
      return Object.fromEntries(judgements);
    }
  },
});

function meanMetrics(
  { deltas, unionSize, batchH }: MeanContrasts,
  { batch, pos }: UnitFirings,
): Record<string, number> {
  const each = deltaNames.flatMap((name): [string, number][] => [
    [`delta_mean_${name}`, deltas[name].value],
    [`delta_low_${name}`, deltas[name].low],
    [`delta_high_${name}`, deltas[name].high],
  ]);
  const tokens = unionSize < 0 ? Number.NaN : unionSizes(batch)[unionSize]! * pos;
  const h = { h_mean_use_batch: batchH.value, h_low_use_batch: batchH.low, h_high_use_batch: batchH.high };
  return { ...Object.fromEntries(each), ...h, delta_mean_use_batch_tokens: tokens };
}

/** Looks that leave arrays behind: what is told of tokens is large. */
const isKept = keeping(8);

/** The look at held-out text, which is the same each time. */
function specificityLook(chosen: z.output<typeof options>, { model, steps, observed, seed }: Run) {
  const { specificity_every: every, specificity_types: types, specificity_units: most, per_unit } = chosen;
  const looked = Array.from({ length: model.n_layers }, (_, layer) =>
    sampleOf(model.d_mlp, most, createRandom(seed, `layer-contrast/specificity ${layer}`)),
  );
  let known: { readonly expected: NullEntropy; readonly sure: SureShares } | undefined;
  return defineFrozenProbe({
    every,
    sequences: Math.ceil(chosen.specificity_tokens / model.n_ctx),
    sites: ["mlp_fires"],
    probe: ({ mlp_fires }, inputs) => ({
      ...countTypes(inputs, mlp_fires, types, looked),
      ...(per_unit && { ids: typeIds(inputs, types) }),
    }),
    analyze: ({ present, firings, ids }, { step }) => {
      known ??= { expected: nullEntropy(present.data), sure: sureShares(present.data) };
      const { expected, sure } = known;
      const found = firings.map((layer) => specificities(layer, expected));
      const report = byMetric(found.map(specificityReport));
      const kept = observed !== undefined || isKept(Math.ceil(step / every)) || step >= steps;
      const units = (l: number, ids: NDArray) => {
        const text = { present: present.data, ids: ids.data, firings: firings[l]! };
        const place = (values: NDArray) => placed(values, looked[l]!, model.d_mlp);
        const whole = (data: Float32Array) => place({ shape: [data.length], data });
        const { unit_tokens, token_occurrences, token_share, token_share_low } = unitTokens(text, sure);
        return {
          unit_specificity: whole(Float32Array.from(found[l]!)),
          unit_text_frequency: whole(unitFrequency(text)),
          unit_tokens: place(unit_tokens),
          token_occurrences: place(token_occurrences),
          token_share: place(token_share),
          token_share_low: place(token_share_low),
        };
      };
      return {
        ...report,
        delta_specificity: report.specificity.at(-1)! - report.specificity[0]!,
        ...(ids && kept && byMetric(firings.map((_, l) => units(l, ids)))),
      };
    },
  });
}
