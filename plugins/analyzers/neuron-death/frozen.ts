/** The frozen probe on the device: what attribution and certificate need of every layer. */
import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import type { LayerParameters } from "../../../core/contract/model.ts";
import type { FrozenInputs } from "../../../core/contract/sites.ts";
import { type IntoUnits, lengthsOf, thresholdCosine } from "./certificate.ts";
import type { LayerSnapshot, Norm } from "./snapshot.ts";

/** A layer's own; biases and shifts may be absent. */
function parametersOf(params: FrozenInputs["params"], { W_in, b_in, norm }: LayerParameters): IntoUnits {
  const named = (name: string | undefined) => (name === undefined ? undefined : params[name]);
  const [bias, shift] = [named(b_in), named(norm.shift)];
  return { weights: params[W_in]!, gain: params[norm.gain]!, ...(bias && { bias }), ...(shift && { shift }) };
}

/**
 * The mean over tokens of the normalised input n (arXiv 2605.31518): `severity = |mean n| / |sd n|` says how far one direction is common
 * to all, `alignment` `[d_mlp]` the cosine of that direction and each unit's own, `g W`; below 0 the mean pushes it down. `x` is
 * `[n d_model]`.
 */
function inputMean(tf: FrozenInputs["tf"], x: Tensor, own: IntoUnits, norm: Norm, length: Tensor) {
  const centred = norm.kind === "layernorm" ? tf.sub(x, tf.mean(x, 1, true)) : x;
  const n = tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), norm.epsilon)));
  const mean = tf.mean(n, 0, true); // [1 d_model]
  const common = tf.sum(tf.square(mean)); // []
  const rest = tf.sub(tf.mean(tf.sum(tf.square(n), 1)), common);
  const towards = tf.matMul(tf.mul(mean, own.gain), own.weights); // [1 d_mlp]
  return {
    severity: tf.sqrt(tf.div(common, rest)),
    alignment: tf.reshape(tf.div(towards, tf.mul(length, tf.sqrt(common))), [-1]),
  };
}

/** Tensors of every layer. The weights of the units `followed[layer]` go to the host. */
export function lookAt(
  { mlp_in, mlp_pre }: { mlp_in: readonly Tensor[]; mlp_pre: readonly Tensor[] },
  { tf, params }: FrozenInputs,
  parameters: readonly LayerParameters[],
  followed: readonly (readonly number[])[],
) {
  const layers = mlp_pre.map((pre, layer) => {
    const own = parametersOf(params, parameters[layer]!);
    const [d_model, d_mlp] = own.weights.shape as [number, number];
    const z = tf.reshape(pre, [-1, d_mlp]); // [n d_mlp]
    const mean = tf.mean(z, 0); // [d_mlp]
    const x = tf.reshape(mlp_in[layer]!, [-1, d_model]); // [n d_model]
    const { norm } = parameters[layer]!;
    const lengths = lengthsOf(tf, own, norm.kind);
    const some = followed[layer]!;
    const units = (x: Tensor, axis: number) =>
      some.length === d_mlp ? tf.clone(x) : tf.gather(x, tf.tensor1d([...some], "int32"), axis);
    return {
      zmax: tf.max(z, 0),
      zmean: mean,
      zvar: tf.mean(tf.square(tf.sub(z, mean)), 0),
      active: tf.cast(tf.sum(tf.step(z), 0), "int32"),
      theta: thresholdCosine(tf, own, norm.kind, lengths),
      ...inputMean(tf, x, own, norm, lengths.whole),
      x: tf.clone(x),
      weights: units(own.weights, 1), // [d_model followed]
      bias: units(own.bias ?? tf.zeros([d_mlp]), 0),
      gain: tf.clone(own.gain),
      shift: own.shift === undefined ? tf.zeros([d_model]) : tf.clone(own.shift),
    };
  });
  const gathered = <K extends keyof (typeof layers)[number]>(key: K) => layers.map((layer) => layer[key]);
  return {
    zmax: gathered("zmax"),
    zmean: gathered("zmean"),
    zvar: gathered("zvar"),
    active: gathered("active"),
    theta: gathered("theta"),
    severity: gathered("severity"),
    alignment: gathered("alignment"),
    x: gathered("x"),
    weights: gathered("weights"),
    bias: gathered("bias"),
    gain: gathered("gain"),
    shift: gathered("shift"),
  };
}

/** What `lookAt` gives, on the host. */
export type FrozenReadings = Readonly<Record<keyof ReturnType<typeof lookAt>, readonly NDArray[]>>;

/** The followed units' part of one layer's readings, as drift attribution takes it. */
export function snapshotOf(readings: FrozenReadings, layer: number): LayerSnapshot {
  const floats = (key: keyof FrozenReadings) => readings[key][layer]!.data as Float32Array;
  const [weights, bias] = [floats("weights"), floats("bias")];
  return { x: floats("x"), weights, bias, gain: floats("gain"), shift: floats("shift") };
}
