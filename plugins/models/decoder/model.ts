/** From a family of published models to a model that can be looked at, and trained. */
import { z } from "zod";
import { type NDArray, sizeOf } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import { defineModel, type LayerParameters, type Model } from "../../../core/contract/model.ts";
import { siteShapes } from "../../../core/contract/sites.ts";
import { exactlyZero } from "./activations.ts";
import { type Family, tableOf } from "./family.ts";
import { forward } from "./forward.ts";
import { type Decoder, parametersOf } from "./shape.ts";

/** Standard deviation of initial weights, as in GPT-2. */
const initialDeviation = 0.02;

/** Makes the model of a family; its options are the keys of config.json that it reads. */
export function defineFamily<O>(
  about: { readonly name: string; readonly summary: string; readonly neuron: string },
  family: Family<O>,
): Model {
  return defineModel<O>({
    ...about,
    options: described(family.config) as unknown as z.ZodType<O>,
    sites: siteShapes,
    create: (options, { settings }) => {
      const decoder = family.decoder(options);
      const { n_layers, d_model, n_heads, d_mlp, d_vocab } = decoder;
      const n_ctx = Math.min(decoder.n_ctx, settings.n_ctx);
      const parameters = parametersOf(decoder);
      return {
        shape: { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab },
        parameters,
        initialise: (random) => initialise(parameters, n_layers, random),
        forward: (inputs) => forward(inputs, decoder),
        layer: (index) => layerOf(decoder, index),
      };
    },
    published: {
      modelTypes: family.modelTypes,
      options: (config) => {
        const read = Object.keys(family.config.shape).filter((key) => config[key] !== undefined);
        return family.config.parse(Object.fromEntries(read.map((key) => [key, config[key]])));
      },
      sizes: (options) => {
        const { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab } = family.decoder(options);
        return { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab };
      },
      weights: (options) => tableOf(family, family.decoder(options)),
      soft: (options) => {
        const { activation } = family.decoder(options);
        return exactlyZero[activation] ? undefined : activation;
      },
    },
  });
}

/** For help: each option is the key of config.json that has its name. */
function described(config: z.ZodObject<z.ZodRawShape>): z.ZodObject {
  const keys = Object.entries(config.shape as Record<string, z.ZodType>);
  return z.strictObject(
    Object.fromEntries(keys.map(([key, schema]) => [key, schema.describe(`As ${key} in config.json.`)])),
  );
}

/** Weights `N(0, 0.02)`, those that write into the residual stream divided by `sqrt(2 n_layers)`, norms one, biases zero. */
function initialise(parameters: Readonly<Record<string, readonly number[]>>, n_layers: number, random: Random) {
  const values = (name: string, shape: readonly number[]): Float32Array => {
    const data = new Float32Array(sizeOf(shape));
    if (shape.length === 1) return name.endsWith(".w") ? data.fill(1) : data;
    const deviation = /^blocks.*\.W_(O|out)$/.test(name)
      ? initialDeviation / Math.sqrt(2 * n_layers)
      : initialDeviation;
    random.normals(data, deviation);
    return data;
  };
  const entries = Object.entries(parameters);
  const arrays = entries.map(([name, shape]): [string, NDArray<Float32Array>] => [
    name,
    { shape, data: values(name, shape) },
  ]);
  return Object.fromEntries(arrays);
}

function layerOf({ bias, norm }: Decoder, layer: number): LayerParameters {
  const block = `blocks.${layer}`;
  const read = `${block}.${norm.place === "before" ? "ln2" : "ln1"}`;
  return {
    W_in: `${block}.mlp.W_in`,
    ...(bias.mlp && { b_in: `${block}.mlp.b_in` }),
    W_out: `${block}.mlp.W_out`,
    norm: {
      kind: norm.kind,
      epsilon: norm.epsilon,
      gain: `${read}.w`,
      ...(norm.kind === "layernorm" && { shift: `${read}.b` }),
    },
  };
}
