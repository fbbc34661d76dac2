/** Which units die, when, and of what. */
import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../core/arrays/random.ts";
import { type Analyzer, defineAnalyzer, defineFrozenProbe, type Value } from "../../../core/contract/analyzer.ts";
import type { GradientInputs } from "../../../core/contract/sites.ts";
import { rateBound } from "../../../statistics/survival.ts";
import { byMetric } from "../counts.ts";
import { isKept } from "../thinning.ts";
import { sampleOf } from "../unit-sample.ts";
import { charts } from "./charts.ts";
import { affordable } from "./followed.ts";
import { lookAt, snapshotOf } from "./frozen.ts";
import { holdingOf } from "./holding.ts";
import { prefixed, under } from "./keys.ts";
import { createLayer } from "./layer.ts";
import { driftMatrix, standing, thresholdHistogram, walk, walkLooks } from "./look-metrics.ts";
import { gradients, metrics } from "./metrics.ts";
import { type Options, options } from "./options.ts";
import { createSpikeLog } from "./spikes.ts";

/** Analyzer `neuron-death`: states of units by tokens, deaths and revivals, and what moved the dying. */
export const neuronDeath: Analyzer = defineAnalyzer({
  name: "neuron-death",
  summary: "Which units die, when and of what: states by tokens, drift in parts, jump or gradual, matched survivors.",
  options,
  sites: ["mlp_fires"],
  metrics,
  headline: ["dead", "directedness"],
  gradients,
  charts,
  setup: (chosen: Options, run) => {
    const { n_layers, d_model, d_mlp, n_ctx } = run.model;
    const { norm } = run.layers[0]!;
    const many = chosen.followed_units ?? affordable(run, chosen.frozen_every);
    const followed = Array.from({ length: n_layers }, (_, layer) =>
      sampleOf(d_mlp, many, createRandom(run.seed, `neuron-death/followed ${layer}`)),
    );
    const window = Math.max(1, Math.round(chosen.window_tokens / n_ctx));
    const skip = Math.round((chosen.start_tokens ?? run.warmupSteps * run.tokensPerStep) / n_ctx);
    const { revival_share: share, reach } = chosen;
    const sequences = run.batchSize;
    const shared = {
      units: d_mlp,
      window,
      skip,
      share,
      norm,
      reach,
      every: chosen.frozen_every,
      tokensPerSequence: n_ctx,
    };
    const layers = Array.from({ length: n_layers }, (_, layer) =>
      createLayer(layer, { ...shared, followed: followed[layer]! }),
    );
    const spikes = createSpikeLog();
    const randomAt = (step: number, purpose: string) => createRandom(run.seed, `neuron-death/${purpose}/${step}`);
    /** Arrays are thinned as looks get many; the last ones are always kept. */
    const keeps = (count: number, step: number) => isKept(count) || step >= run.steps;
    let latest = { loss: Number.NaN, gradNorm: Number.NaN };
    let looks = 0;
    /** Gradient norms of each layer's units at the step that was analysed last. */
    let fed: { readonly step: number; readonly norms: readonly Float32Array[] } | undefined;
    /** What weight decay alone left of weights since the last look. */
    let kept = 1;

    return {
      onStep: (at) => {
        latest = at;
        kept *= at.shrink;
      },
      probe: ({ mlp_fires }, { tf, sequences }) => ({
        holding: mlp_fires.map((fires) => holdingOf(tf, fires, sequences)), // [words d_mlp]
      }),
      combine: { holding: "sum" },
      probeGradients: (inputs) => ({
        gradients: run.layers.map(({ W_in }) => unitGradients(inputs, W_in)), // [d_mlp]
      }),
      analyze: ({ holding, gradients }, at) => {
        spikes.add(at.step, latest.loss, latest.gradNorm);
        const random = randomAt(at.step, "matching");
        // Where nothing is trained, nothing is ever starved.
        const known = gradients?.map((layer) => layer.floats());
        fed = known && { step: at.step, norms: known };
        const norms = known ?? layers.map(() => new Float32Array(d_mlp).fill(1));
        const added = layers.map((layer, l) => layer.add(holding[l]!.ints(), sequences, norms[l]!, at, random));
        const starved = added.map((layer) => layer.starved);
        const closed = added.map(({ reports }) => reports);
        if (closed[0]!.length === 0) return { starved };
        for (const { turns } of closed.flat())
          for (const { kind, lastStep } of turns) if (kind === "death") spikes.death(lastStep);
        for (const spike of spikes.fresh()) at.event("spike", { ...spike });
        return {
          starved,
          ...byMetric(layers.map((layer, l) => layer.numbers(closed[l]!, window * n_ctx))),
          ...(keeps(layers[0]!.life.windows(), at.step) &&
            byMetric(layers.map((layer, l) => layer.arrays(closed[l]!, window * n_ctx)))),
          observed_tokens: layers[0]!.life.observed() * n_ctx,
          zero_rate_bound: rateBound(layers[0]!.life.observed()),
          ...spikes.numbers(),
        };
      },
      frozen: defineFrozenProbe({
        every: chosen.frozen_every,
        sequences: chosen.frozen_sequences,
        sites: ["mlp_in", "mlp_pre"],
        probe: (sites, inputs) => lookAt(sites, inputs, run.layers, followed),
        analyze: (readings, at) => {
          looks++;
          const found = layers.map((layer, l) => {
            const per = {
              zmean: readings.zmean[l]!.data as Float32Array,
              zvar: readings.zvar[l]!.data as Float32Array,
              active: readings.active[l]!.data as Int32Array,
              theta: readings.theta[l]!.data as Float32Array,
              alignment: readings.alignment[l]!.data as Float32Array,
            };
            const zmax = readings.zmax[l]!.data as Float32Array;
            const some = followed[l]!;
            const floats = (values: Float32Array) => pickedOf(values, new Float32Array(some.length), some);
            const look = {
              step: at.step,
              zmax: floats(zmax),
              zmean: floats(per.zmean),
              active: pickedOf(per.active, new Int32Array(some.length), some),
              theta: floats(per.theta),
            };
            const snapshot = snapshotOf(readings, l);
            const keep = run.held.includes(run.layers[l]!.W_in) ? 1 : kept;
            const interval = layer.attribution.look(look, snapshot, keep, randomAt(at.step, `interval ${l}`));
            const recent = layer.attribution.looks.slice(-walkLooks - 1);
            const walks = looks % walkLooks === 0 ? walk(recent, randomAt(at.step, `walk ${l}`)) : {};
            return {
              numbers: {
                ...standing(per, d_model, norm),
                input_severity: readings.severity[l]!.data[0]!,
                ...walks,
              },
              interval: interval && {
                fell_silent: interval.fellSilent,
                drift_residual: interval.residual,
                drift_rounding: interval.rounding,
              },
              drift: interval && driftMatrix(interval),
              threshold_histogram: thresholdHistogram(per),
              unit_threshold: perUnit(per.theta),
              unit_margin: perUnit(zmax),
            };
          });
          kept = 1;
          const values: Record<string, Value> = {
            ...byMetric(found.map(({ numbers }) => numbers as Record<string, number>)),
            ...(found[0]!.interval && byMetric(found.map(({ interval }) => interval!))),
            ...(keeps(looks, at.step) && {
              ...(found[0]!.drift && { drift: found.map(({ drift }) => drift!) }),
              threshold_histogram: found.map((layer) => layer.threshold_histogram),
              ...(chosen.per_unit && {
                unit_threshold: found.map((layer) => layer.unit_threshold),
                unit_margin: found.map((layer) => layer.unit_margin),
                ...(fed?.step === at.step && { unit_gradient: fed.norms.map(perUnit) }),
              }),
            }),
          };
          return values as Partial<Record<keyof typeof metrics, Value>>;
        },
      }),
      save: () => ({
        ...Object.assign({}, ...layers.map((layer, l) => prefixed(String(l), layer.save()))),
        ...prefixed("spikes", spikes.save()),
        looks: { shape: [2], data: Float64Array.of(looks, kept) },
      }),
      load: (state) => {
        for (const [l, layer] of layers.entries()) layer.load(under(String(l), state));
        spikes.load(under("spikes", state));
        [looks, kept] = [state.looks?.data[0] ?? 0, state.looks?.data[1] ?? 1];
      },
    };
  },
});

/** Norm of the gradient of each unit's incoming weights, `[d_mlp]`: columns summed by a product, several times as fast as a sum. */
function unitGradients({ tf, grads }: GradientInputs, weights: string): Tensor {
  const squares = tf.square(grads[weights]!); // [d_model d_mlp]
  return tf.sqrt(tf.reshape(tf.matMul(tf.ones([1, squares.shape[0]!]), squares), [-1]));
}

function perUnit(data: Float32Array): NDArray {
  return { shape: [data.length], data };
}

/** The values of some units, put into `out`. */
function pickedOf<T extends Float32Array | Int32Array>(values: T, out: T, units: readonly number[]): T {
  for (let k = 0; k < units.length; k++) out[k] = values[units[k]!]!;
  return out;
}
