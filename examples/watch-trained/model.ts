/** The classifier of the package nsfwjs: a MobileNetV2 (arXiv 1801.04381) as a LayersModel, weights and all. */
import * as tf from "@tensorflow/tfjs";

/** What `nsfwjs/models/mobilenet_v2` exports. */
interface Package {
  readonly MobileNetV2Model: {
    modelJson(): Promise<{ readonly default: { modelTopology: object; weightsManifest: tf.io.WeightsManifestConfig } }>;
    readonly weightBundles: readonly (() => Promise<{ readonly default: string }>)[];
  };
}

const bundled = "nsfwjs/models/mobilenet_v2";

/** Loads it from node_modules. Throws where the package is not installed. */
export async function trainedModel(): Promise<tf.LayersModel> {
  const { MobileNetV2Model: bundle } = (await import(bundled)) as Package;
  const { modelTopology, weightsManifest } = (await bundle.modelJson()).default;
  const parts = await Promise.all(
    bundle.weightBundles.map(async (load) => Buffer.from((await load()).default, "base64")),
  );
  const weightData = new Uint8Array(Buffer.concat(parts)).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}
