/** The layers of a LayersModel whose units can be watched. */
import type { LayersModel, SymbolicTensor, layers as tfLayers } from "@tensorflow/tfjs";
import { tf } from "../../core/engine/tensorflow.ts";
import { notALayersModel, nothingToWatch, unknownLayers } from "../../core/errors/errors.ts";

type Layer = tfLayers.Layer;

/** Activations that are exactly zero where a unit does not fire. */
const rectifiers: readonly string[] = ["relu", "relu6"];

/** A layer whose output is looked at. */
export interface WatchedLayer {
  readonly name: string;
  readonly output: SymbolicTensor;
  /** Whether units are its first axis behind the batch, and not the last. */
  readonly channelsFirst: boolean;
}

/**
 * The layers that end in a ReLU, in the order of the model, or those that are named. Throws `usage` where there are none; what
 * lies within a model that is itself a layer cannot be seen from outside.
 */
export function layersOf(model: LayersModel, names?: readonly string[]): WatchedLayer[] {
  if (!(model instanceof tf.LayersModel)) throw notALayersModel();
  const known = model.layers.map(({ name }) => name);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw unknownLayers(unknown, known);
  const chosen = model.layers.filter((layer) => names?.includes(layer.name) ?? isRectified(layer));
  if (chosen.length === 0) throw nothingToWatch(model.layers.map((layer) => `${layer.name} (${layer.getClassName()})`));
  return chosen.map((layer) => ({
    name: layer.name,
    output: layer.output as SymbolicTensor,
    channelsFirst: (layer as { dataFormat?: string }).dataFormat === "channelsFirst",
  }));
}

/** Whether a ReLU is the last thing that a layer does; within TimeDistributed, that the layer inside does. */
function isRectified(layer: Layer): boolean {
  const { activation, layer: wrapped } = layer as { activation?: { getClassName?(): string }; layer?: Layer };
  if (wrapped !== undefined) return isRectified(wrapped);
  return layer.getClassName() === "ReLU" || rectifiers.includes(activation?.getClassName?.() ?? "");
}
