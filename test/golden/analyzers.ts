/**
 * Writes what test/golden/analyzers.py checks: trains a tiny run and keeps its last checkpoint, batches of tokens, and what our
 * analyzers count on them, as safetensors. Usage: node --import tsx/esm test/golden/analyzers.ts FOLDER
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { NDArray } from "../../core/arrays/ndarray.ts";
import { encodeSafetensors } from "../../core/arrays/safetensors.ts";
import { latestCheckpoint } from "../../core/checkpoint/folder.ts";
import { type Analyzer, defineAnalyzer, defineFrozenProbe } from "../../core/contract/analyzer.ts";
import { countLayers, firingsOf } from "../../plugins/analyzers/counts.ts";
import { nullEntropy, specificities, specificityReport } from "../../plugins/analyzers/layer-contrast/specificity.ts";
import { countTypes } from "../../plugins/analyzers/layer-contrast/token-types.ts";
import { layerStatistics, tallies } from "../../plugins/analyzers/layer-statistics.ts";
import { holdingOf } from "../../plugins/analyzers/neuron-death/holding.ts";
import { createLife } from "../../plugins/analyzers/neuron-death/life.ts";
import { onlyRun, tinyConfig, trainTiny } from "../helpers/tiny.ts";

/** Fewer than the text has, so that rarer ones are left out. */
const types = 12;
const life = { window: 16, skip: 0, share: 0.5 };

/** Records the counts of the frozen sequences under the last checkpoint's parameters, and those of training all along. */
function recorder(kept: Record<string, NDArray>, numbers: Record<string, unknown>): Analyzer {
  return defineAnalyzer({
    name: "recorder",
    summary: "Keeps counts for the check against PyTorch.",
    options: z.strictObject({}),
    sites: ["mlp_post"],
    metrics: {},
    setup: (_, { model, steps }) => {
      const all = Array.from({ length: model.n_layers }, () => Array.from({ length: model.d_mlp }, (_, unit) => unit));
      const layers = Array.from({ length: model.n_layers }, () => createLife({ ...life, units: model.d_mlp }));
      const stream: Int32Array[][] = layers.map(() => []);
      const lengths: number[][] = layers.map(() => []);
      return {
        probe: ({ mlp_post }, { tf }) => ({
          ...countLayers(tf, mlp_post),
          holding: mlp_post.map((post) => holdingOf(tf, post)),
        }),
        analyze: ({ perSequence, holding }, { step }) => {
          for (const [l, layer] of layers.entries()) {
            const { shape, data } = perSequence[l]!;
            for (const _ of layer.add(holding[l]!.ints(), shape[0]!, step)) lengths[l]!.push(layer.horizon() ?? 0);
            stream[l]!.push(data as Int32Array);
            if (step < steps) continue;
            const all = stream[l]!.flatMap((batch) => Array.from(batch));
            kept[`stream/${l}`] = { shape: [all.length / model.d_mlp, model.d_mlp], data: Int32Array.from(all) };
            kept[`lengths/${l}`] = { shape: [lengths[l]!.length], data: Int32Array.from(lengths[l]!) };
            kept[`states/${l}`] = { shape: [model.d_mlp], data: Int32Array.from(layer.states) };
          }
          return {};
        },
        frozen: defineFrozenProbe({
          every: 1000,
          sequences: 8,
          sites: ["mlp_post"],
          probe: ({ mlp_post }, inputs) => ({
            ...countLayers(inputs.tf, mlp_post),
            ...countTypes(inputs, mlp_post, types, all),
            tokens: inputs.tf.clone(inputs.tokens),
          }),
          analyze: (readings, { step }) => {
            if (step < steps) return {};
            kept.tokens = readings.tokens;
            kept.present = readings.present;
            const expected = nullEntropy(readings.present.data);
            for (const [l, layer] of firingsOf(readings).entries()) {
              kept[`C/${l}`] = readings.perSequence[l]!;
              kept[`K/${l}`] = readings.perToken[l]!;
              kept[`T/${l}`] = readings.firings[l]!;
              numbers[l] = {
                ...layerStatistics(tallies(layer)),
                ...specificityReport(specificities(readings.firings[l]!, expected)),
              };
            }
            return {};
          },
        }),
      };
    },
  });
}

const folder = process.argv[2] ?? "";
mkdirSync(folder, { recursive: true });
const kept: Record<string, NDArray> = {};
const numbers: Record<string, unknown> = {};
const train = { ...tinyConfig.train, steps: 60, lr: 4e-3 };
const model = { ...tinyConfig.model, init_scale: 6 };
const changes = { train, model, analyzers: { recorder: {} }, sinks: {}, eval: { every: 0, windows: 8 } };
await trainTiny(folder, { changes, analyzers: [recorder(kept, numbers)] });
const checkpoint = latestCheckpoint(onlyRun(folder)).latest?.path ?? "";
copyFileSync(join(checkpoint, "state.safetensors"), join(folder, "state.safetensors"));
writeFileSync(join(folder, "counts.safetensors"), encodeSafetensors(kept));
writeFileSync(join(folder, "numbers.json"), JSON.stringify({ layers: numbers, life, model }, null, 2));
