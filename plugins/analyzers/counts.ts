/**
 * The one reduction that the sparsity analyzers share, made on the device: how often each unit fired in each sequence, and
 * how many units fired at each token. A unit fires at a token when its activation is above zero, exactly, in the dtype of
 * the activations. The `[batch pos d_mlp]` mask itself never leaves the device.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray } from "../../core/arrays/ndarray.ts";
import type { ProbeInputs } from "../../core/contract/sites.ts";

/** The reductions of one layer, int32. */
export interface CountTensors {
  /** Firings of each unit in each sequence, `[batch d_mlp]`. */
  readonly perSequence: Tensor;
  /** Units that fire at each token, `[batch pos]`. */
  readonly perToken: Tensor;
}

/**
 * Several analyzers ask for the counts of the same tensor within one step: an eager engine computes them once, as long as
 * whoever asked first handed them on. (A compiled engine merges equal expressions by itself.)
 */
const known = new WeakMap<Tensor, CountTensors>();

/** Counts of one layer's `mlp_fires` `[batch pos d_mlp]`. The caller owns what it gets. */
export function counts(tf: ProbeInputs["tf"], post: Tensor): CountTensors {
  const before = known.get(post);
  if (before !== undefined && !before.perSequence.isDisposed && !before.perToken.isDisposed) {
    return { perSequence: tf.clone(before.perSequence), perToken: tf.clone(before.perToken) };
  }
  const fires = tf.step(post); // [batch pos d_mlp], 1 where above zero
  const made = {
    perSequence: tf.cast(tf.sum(fires, 1), "int32"), // [batch d_mlp]
    perToken: tf.cast(tf.sum(fires, 2), "int32"), // [batch pos]
  };
  known.set(post, made);
  return made;
}

/** What a probe over `mlp_fires` returns to get `firingsOf` on the host. */
export function countLayers(
  tf: ProbeInputs["tf"],
  posts: readonly Tensor[],
): { perSequence: Tensor[]; perToken: Tensor[] } {
  const layers = posts.map((post) => counts(tf, post));
  return { perSequence: layers.map((layer) => layer.perSequence), perToken: layers.map((layer) => layer.perToken) };
}

/** A block of sequences, as far as a micro-batch has it. */
interface Block {
  /** Where it begins among the micro-batch's sequences, and how many of those it holds. */
  readonly from: number;
  readonly length: number;
  /** How many of the block's sequences come before. */
  readonly before: number;
}

/** A batch's sequences in blocks of `size`, seen from `here` of them, those from `first` on. */
export function inBlocks({ first, total }: ProbeInputs["sequences"], here: number, size: number): Block[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, block) => {
    const begin = Math.max(first, block * size);
    const length = Math.max(0, Math.min(first + here, (block + 1) * size) - begin);
    return { from: begin - first, length, before: begin - block * size };
  });
}

/** All the sequences that there are. */
export function wholeOf({ shape }: Tensor): ProbeInputs["sequences"] {
  return { first: 0, total: shape[0]! };
}

/** How what `countLayers` gives of micro-batches combines. */
export const countsCombine = { perSequence: "sequences", perToken: "sequences" } as const;

/** Everything that is known of which units of one layer fired in one batch, on the host. */
export interface Firings {
  /** Sequences in the batch, tokens in each, and units of the layer. */
  readonly batch: number;
  readonly pos: number;
  readonly units: number;
  /** Firings of unit `i` in sequence `b` at `b * units + i`. */
  readonly perSequence: Int32Array;
  /** Units that fire at token `t` of sequence `b` at `b * pos + t`. */
  readonly perToken: Int32Array;
  /** Firings of each unit in the batch, `[d_mlp]`. */
  readonly perUnit: Int32Array;
  /** Sequences in which each unit fires, `[d_mlp]`. */
  readonly sequences: Int32Array;
}

/** The firings of one layer from its counts. */
export function firings(perSequence: NDArray, perToken: NDArray): Firings {
  const [batch, units] = perSequence.shape as [number, number];
  const pos = perToken.shape[1]!;
  const data = perSequence.data as Int32Array; // as `counts` casts it
  const perUnit = new Int32Array(units);
  const sequences = new Int32Array(units);
  for (let b = 0; b < batch; b++) {
    for (let i = 0, at = b * units; i < units; i++, at++) {
      const count = data[at]!;
      perUnit[i]! += count;
      sequences[i]! += -count >>> 31; // 1 where count > 0: a branch would be mispredicted for every other unit
    }
  }
  return { batch, pos, units, perSequence: data, perToken: perToken.data as Int32Array, perUnit, sequences };
}

/** Equal readings of several analyzers are the same arrays: the sums over them are made once. */
const summed = new WeakMap<object, Firings>();

/** The firings of every layer, first layer first. */
export function firingsOf(readings: {
  readonly perSequence: readonly NDArray[];
  readonly perToken: readonly NDArray[];
}): Firings[] {
  return readings.perSequence.map((perSequence, layer) => {
    const perToken = readings.perToken[layer]!;
    const known = summed.get(perSequence.data);
    if (known !== undefined && known.perToken === perToken.data) return known;
    const made = firings(perSequence, perToken);
    summed.set(perSequence.data, made);
    return made;
  });
}

/** Turns one record a layer into one list a metric: the form in which an analyzer hands over metrics of every layer. */
export function byMetric<T extends object>(layers: readonly T[]): { [K in keyof T]: T[K][] } {
  const names = Object.keys(layers[0] ?? {}) as (keyof T)[];
  const lists = names.map((name) => [name, layers.map((layer) => layer[name])]);
  return Object.fromEntries(lists) as { [K in keyof T]: T[K][] };
}
