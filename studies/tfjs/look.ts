/** Probes over tensors that somebody else computed, on whatever TensorFlow.js backend they are. */
import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray, TypedArray } from "../../core/arrays/ndarray.ts";
import type { Activations, Site } from "../../core/contract/sites.ts";
import { tf } from "../../core/engine/tensorflow.ts";
import { noGradients, notWatched, wrongActivations } from "../../core/errors/errors.ts";
import type { ActiveAnalyzer } from "../../core/host/analyzers.ts";
import type { ReadingsByName } from "../../core/run/looks.ts";
import { checkProbeSize, noGradientsFor, regroup, runProbe, stepProbe } from "../../core/step/probe.ts";

/** Sites that activations alone make up: what fires is what is above zero behind the activation. */
export const watchedSites: readonly Site[] = ["mlp_post", "mlp_fires"];

/** Throws where an analyzer asks for more than activations. */
export function checkWatched(analyzers: readonly ActiveAnalyzer[]): void {
  for (const { plugin } of analyzers) {
    const missing = plugin.sites.find((site) => !watchedSites.includes(site));
    if (missing !== undefined) throw notWatched(plugin.name, missing, watchedSites);
  }
}

/** Activations as analyzers take them, `[batch pos units]`: an example without positions has one. Throws for other ranks. */
export function asPositions(activations: readonly Tensor[], names: readonly string[]): Tensor[] {
  return activations.map((x, i) => {
    if (x.rank === 2) return tf.reshape(x, [x.shape[0]!, 1, x.shape[1]!]);
    if (x.rank === 3) return tf.clone(x);
    // Every place of a picture, or of a volume, is a position; the last axis are units.
    if (x.rank > 3) return tf.reshape(x, [x.shape[0]!, -1, x.shape[x.rank - 1]!]);
    throw wrongActivations(names[i] ?? `layer ${i}`, x.shape);
  });
}

/** What every analyzer's probe returns for these activations, on the host. */
export async function readingsOf(
  analyzers: readonly ActiveAnalyzer[],
  layers: readonly Tensor[],
): Promise<ReadingsByName> {
  const outputs = tf.tidy(() => {
    const batch = layers[0]!.shape[0]!;
    const tokens = tf.zeros([batch, 1], "int32");
    const readings: Record<string, Tensor> = {};
    for (const { plugin, instance } of analyzers) {
      const sites = Object.fromEntries(plugin.sites.map((site) => [site, layers])) as unknown as Activations<Site>;
      const grads = noGradientsFor((parameter) => noGradients(plugin.name, parameter));
      const inputs = { tf, tokens, targets: tokens, params: {}, grads, sequences: { first: 0, total: batch } };
      Object.assign(readings, runProbe(stepProbe(plugin, instance), sites, inputs));
    }
    checkProbeSize(readings);
    return readings;
  });
  try {
    const entries = await Promise.all(
      Object.entries(outputs).map(async ([name, x]) => [name, await hosted(x)] as const),
    );
    const groups = regroup(Object.fromEntries(entries));
    return new Map(analyzers.map(({ plugin: { name } }) => [name, groups[name] ?? {}]));
  } finally {
    tf.dispose(outputs);
  }
}

async function hosted(tensor: Tensor): Promise<NDArray> {
  return { shape: tensor.shape, data: (await tensor.data()).slice() as TypedArray };
}
