/**
 * Random small functions of TensorFlow.js operations. Choices depend on a seed and on shapes, never on values, so a function
 * does the same on every engine. `exact` operations jump (floor, top-k …): they get raw numbers only, never computed ones.
 */
import type { Tensor } from "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../../../../core/arrays/random.ts";

/** Where a case's operands come from. */
export interface Leaves {
  readonly random: Random;
  /** Multiples of 1/64 in (-4, 4), all different within a case. */
  float(shape: readonly number[]): Tensor;
  /** Integers from -9 to 9. */
  int(shape: readonly number[]): Tensor;
  bool(shape: readonly number[]): Tensor;
}

export type Case = (leaves: Leaves) => Tensor | readonly Tensor[];

const below = (r: Random, n: number) => r.integer(n);
const chance = (r: Random) => r.integer(2) === 1;
const pick = <T>(r: Random, list: readonly T[]): T => list[r.integer(list.length)]!;
const shapeOf = (r: Random, least = 1, most = 4) =>
  Array.from({ length: least + below(r, most - least + 1) }, () => 1 + below(r, 4));

/** A shape that broadcasts with `shape`: some lengths 1, some leading ones gone. */
function broadcastable(r: Random, shape: readonly number[]): number[] {
  return shape.slice(below(r, shape.length + 1)).map((length) => (chance(r) ? length : 1));
}

/** Some axes of `shape`, in any order. */
function someAxes(r: Random, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i).filter(() => chance(r));
  if (axes.length === 0) axes.push(below(r, rank));
  return axes.reverse();
}

function shuffled(r: Random, count: number): number[] {
  const left = Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: count }, () => left.splice(below(r, left.length), 1)[0]!);
}

const smoothUnary: Record<string, (x: Tensor) => Tensor> = {
  sin: tf.sin, cos: tf.cos, tanh: tf.tanh, sigmoid: tf.sigmoid, softplus: tf.softplus, erf: tf.erf, atan: tf.atan, neg: tf.neg,
  square: tf.square, sinh: tf.sinh, cosh: tf.cosh, asinh: tf.asinh, expm1: tf.expm1, exp: tf.exp, elu: tf.elu, selu: tf.selu,
  sqrt: (x) => tf.sqrt(tf.add(tf.square(x), 0.5)), rsqrt: (x) => tf.rsqrt(tf.add(tf.square(x), 0.5)),
  log: (x) => tf.log(tf.add(tf.square(x), 0.5)), log1p: (x) => tf.log1p(tf.square(x)), reciprocal: (x) => tf.reciprocal(tf.add(tf.abs(x), 1)),
  acos: (x) => tf.acos(tf.mul(x, 0.2)), asin: (x) => tf.asin(tf.mul(x, 0.2)), atanh: (x) => tf.atanh(tf.mul(x, 0.2)),
  acosh: (x) => tf.acosh(tf.add(tf.square(x), 1.5)), tan: (x) => tf.tan(tf.mul(x, 0.2)), leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  softmax: (x) => tf.softmax(x), logSoftmax: (x) => tf.logSoftmax(x), logSumExp: (x) => tf.logSumExp(x, -1),
  relu: tf.relu, abs: tf.abs, relu6: tf.relu6, clip: (x) => tf.clipByValue(x, -1.01, 2.01),
}; // biome-ignore format: a table

const exactUnary: Record<string, (x: Tensor) => Tensor> = {
  floor: tf.floor, ceil: tf.ceil, round: tf.round, sign: tf.sign, step: (x) => tf.step(x), stepAlpha: (x) => tf.step(x, 0.25),
  toInt: (x) => tf.cast(x, "int32"), toBool: (x) => tf.cast(x, "bool"), isNaN: tf.isNaN, isInf: tf.isInf, isFinite: tf.isFinite,
  zerosLike: (x) => tf.zerosLike(x), onesLike: (x) => tf.onesLike(x),
}; // biome-ignore format: a table

const smoothBinary: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  add: tf.add, sub: tf.sub, mul: tf.mul, maximum: tf.maximum, minimum: tf.minimum, squaredDifference: tf.squaredDifference,
  div: (a, b) => tf.div(a, tf.add(tf.abs(b), 1)), pow: (a, b) => tf.pow(tf.add(tf.abs(a), 0.5), b), prelu: (a, b) => tf.prelu(a, b),
}; // biome-ignore format: a table

const exactBinary: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  equal: tf.equal, notEqual: tf.notEqual, less: tf.less, lessEqual: tf.lessEqual, greater: tf.greater, greaterEqual: tf.greaterEqual,
  floorDiv: (a, b) => tf.floorDiv(a, tf.add(tf.abs(b), 1)), mod: (a, b) => tf.mod(a, tf.add(tf.abs(b), 1)),
  modNegative: (a, b) => tf.mod(a, tf.sub(tf.neg(tf.abs(b)), 1)), add: tf.add, mul: tf.mul, maximum: tf.maximum, minimum: tf.minimum,
}; // biome-ignore format: a table

const reductions: Record<string, (x: Tensor, axes: number[], keep: boolean) => Tensor> = {
  sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: (x, axes, keep) => tf.prod(tf.mul(x, 0.5), axes, keep),
  norm: (x, axes, keep) => tf.sqrt(tf.add(tf.sum(tf.square(x), axes, keep), 0.1)),
}; // biome-ignore format: a table

/** Moves elements about: from any tensor of rank 1 or more, any dtype. */
const moves: Record<string, (r: Random, x: Tensor) => Tensor | readonly Tensor[]> = {
  transpose: (r, x) => tf.transpose(x, shuffled(r, x.rank)),
  reshape: (r, x) => tf.reshape(x, pick(r, [[-1], [1, x.size], [x.shape[0]!, -1], [...x.shape, 1]])),
  expandDims: (r, x) => tf.expandDims(x, pick(r, [0, -1, 1])),
  squeeze: (_, x) => tf.squeeze(tf.expandDims(x, 0)),
  slice: (r, x) => {
    const begin = x.shape.map((length) => below(r, length));
    return tf.slice(x, begin, x.shape.map((length, i) => (chance(r) ? -1 : 1 + below(r, length - begin[i]!))));
  },
  stridedSlice: (r, x) => {
    const back = chance(r);
    const strides = x.shape.map(() => (back ? -1 : 1) * (1 + below(r, 2)));
    const [first, last] = [x.shape.map(() => 0), x.shape.map((length) => length)];
    return back ? tf.stridedSlice(x, last.map((n) => n - 1), last.map((n) => -n - 1), strides) : tf.stridedSlice(x, first, last, strides);
  },
  pad: (r, x) => tf.pad(x, x.shape.map(() => [below(r, 3), below(r, 3)] as [number, number]), chance(r) ? 0 : 1),
  mirrorPad: (r, x) =>
    tf.mirrorPad(tf.cast(x, "float32"), x.shape.map((n) => [below(r, n), below(r, n)] as [number, number]), chance(r) ? "reflect" : "symmetric"),
  concat: (r, x) => tf.concat([x, x, x], below(r, x.rank)),
  stack: (r, x) => tf.stack([x, x], below(r, x.rank + 1)),
  unstack: (r, x) => tf.unstack(x, below(r, x.rank)),
  split: (r, x) => {
    const axis = below(r, x.rank);
    return tf.split(tf.concat([x, x, x], axis), chance(r) ? 3 : [x.shape[axis]!, 2 * x.shape[axis]!], axis);
  },
  tile: (r, x) => tf.tile(x, x.shape.map(() => 1 + below(r, 3))),
  broadcastTo: (r, x) => tf.broadcastTo(tf.expandDims(x, 0), [1 + below(r, 3), ...x.shape]),
  reverse: (r, x) => tf.reverse(x, someAxes(r, x.rank)),
}; // biome-ignore format: one rule a line

/** Jumps in their operand: raw numbers only. */
const orders: Record<string, (r: Random, x: Tensor) => Tensor | readonly Tensor[]> = {
  argMax: (r, x) => tf.argMax(x, below(r, x.rank)),
  argMin: (r, x) => tf.argMin(x, below(r, x.rank)),
  topk: (r, x) => Object.values(tf.topk(x, 1 + below(r, x.shape.at(-1)!))),
};

function indices(leaves: Leaves, shape: readonly number[], limit: number): Tensor {
  return tf.mod(leaves.int(shape), limit).cast("int32");
}

const lookups: Record<string, Case> = {
  gather: (l) => {
    const x = l.float(shapeOf(l.random));
    const axis = below(l.random, x.rank);
    return tf.gather(x, indices(l, shapeOf(l.random, 1, 2), x.shape[axis]!) as tf.Tensor1D, axis);
  },
  gatherBatched: (l) => {
    const x = l.float(shapeOf(l.random, 3, 4));
    const axis = 1 + below(l.random, x.rank - 1);
    return tf.gather(x, indices(l, [x.shape[0]!, 3], x.shape[axis]!) as tf.Tensor1D, axis, 1);
  },
  gatherND: (l) => {
    const x = l.float(shapeOf(l.random, 2, 3));
    return tf.gatherND(
      x,
      tf.stack(
        [0, 1].map((axis) => indices(l, [5], x.shape[axis]!)),
        1,
      ),
    );
  },
  scatterND: (l) => tf.scatterND(indices(l, [7, 1], 4), l.float([7, 3]), [4, 3]),
  // The cpu backend writes into its operand, which may share memory with others: it gets a copy.
  tensorScatterUpdate: (l) =>
    tf.tensorScatterUpdate(tf.mul(l.float([5, 2]), 2), tf.tensor2d([[3], [0]], [2, 1], "int32"), l.float([2, 2])),
  oneHot: (l) => tf.oneHot(l.int(shapeOf(l.random, 1, 2)) as tf.Tensor1D, 5),
  oneHotValues: (l) => tf.oneHot(l.int([4]) as tf.Tensor1D, 3, 2.5, -1, "float32"),
  segments: (l) => tf.unsortedSegmentSum(l.float([6, 3]), indices(l, [6], 4) as tf.Tensor1D, 4),
  where: (l) => {
    const shape = shapeOf(l.random);
    return tf.where(l.bool(broadcastable(l.random, shape)), l.float(shape), l.float(broadcastable(l.random, shape)));
  },
  whereInt: (l) => tf.where(l.bool([3, 2]), l.int([3, 2]), l.int([2])),
  cumprod: (l) => tf.cumprod(l.float(shapeOf(l.random, 2, 2)), below(l.random, 2), chance(l.random), chance(l.random)),
  negativeAxes: (l) => [
    tf.sum(l.float([3, 4, 2]), [-1, -3]),
    tf.max(l.float([3, 4]), -1, true),
    tf.argMax(l.float([3, 4]), -1),
  ],
  range: (l) => tf.add(l.float([4]), tf.range(0, 8, 2)),
  linspace: (l) => tf.mul(l.float([5]), tf.linspace(0, 1, 5)),
};

const booleans: Record<string, Case> = {
  and: (l) => tf.logicalAnd(l.bool([3, 2]), l.bool([2])),
  or: (l) => tf.logicalOr(l.bool([3, 1]), l.bool([2])),
  xor: (l) => tf.logicalXor(l.bool([4]), l.bool([4])),
  not: (l) => tf.logicalNot(l.bool([5])),
  any: (l) => tf.any(l.bool(shapeOf(l.random, 2, 3)), [0], chance(l.random)),
  all: (l) => tf.all(l.bool(shapeOf(l.random, 2, 3)), [-1], chance(l.random)),
  sum: (l) => tf.sum(l.bool([4, 3]), 0),
  counts: (l) => {
    const shape = shapeOf(l.random);
    return tf.cast(tf.sum(tf.step(l.float(shape)), someAxes(l.random, shape.length), chance(l.random)), "int32");
  },
  where: (l) => tf.where(l.bool([4]), l.bool([4]), l.bool([4])),
  toFloat: (l) => tf.mul(tf.cast(l.bool([4, 2]), "float32"), l.float([2])),
  intSums: (l) => [tf.sum(l.int([4, 3]), 1), tf.max(l.int([4, 3]), 0), tf.min(l.int([4, 3])), tf.mean(l.int([4, 3]))],
  intUnary: (l) => [tf.abs(l.int([5])), tf.neg(l.int([5])), tf.sign(l.int([5])), tf.square(l.int([5])), tf.relu(l.int([5]))],
}; // biome-ignore format: a table

const products: Record<string, Case> = {
  matMul: (l) => {
    const [m, k, n] = [1, 2, 3].map(() => 1 + below(l.random, 5)) as [number, number, number];
    const [ta, tb] = [chance(l.random), chance(l.random)];
    return tf.matMul(l.float(ta ? [k, m] : [m, k]), l.float(tb ? [n, k] : [k, n]), ta, tb);
  },
  batched: (l) => {
    const [ta, tb] = [chance(l.random), chance(l.random)];
    // Not [2 1]: the cpu backend picks the wrong matrices for it.
    const [wide, one] = [[2, 3], pick(l.random, [[2, 3], [1, 3], [1, 1]])]; // biome-ignore format: short
    const [a, b] = chance(l.random) ? [wide, one] : [one, wide];
    return tf.matMul(l.float([...a, ...(ta ? [4, 2] : [2, 4])]), l.float([...b, ...(tb ? [5, 4] : [4, 5])]), ta, tb);
  },
  transposedOperands: (l) => tf.matMul(tf.transpose(l.float([3, 4])), tf.transpose(l.float([2, 3]))),
  fused: (l) => tf.fused.matMul({ a: l.float([3, 4]) as tf.Tensor2D, b: l.float([4, 2]) as tf.Tensor2D, bias: l.float([2]), activation: "relu" }),
  withBias: (l) => tf.relu(tf.add(tf.matMul(l.float([3, 4]), l.float([4, 2])), l.float([2]))),
  scaled: (l) => tf.matMul(tf.mul(l.float([2, 3, 4]), 0.25), tf.mul(l.float([2, 4, 3]), 2)),
  einsum: (l) => pick(l.random, [
    () => tf.einsum("ij,jk->ik", l.float([2, 3]), l.float([3, 4])),
    () => tf.einsum("bij,bkj->bik", l.float([2, 3, 4]), l.float([2, 5, 4])),
    () => tf.einsum("ij,kj->ki", l.float([2, 3]), l.float([4, 3])),
    () => tf.einsum("ijk->kj", l.float([2, 3, 4])),
  ])(), // biome-ignore format: a table
}; // biome-ignore format: a table

/** Outputs along with the gradient of their weighted sum; the weights make it differ from place to place. */
function withGradient(f: (x: Tensor) => Tensor, x: Tensor): Tensor[] {
  const weighted = (x: Tensor) => {
    const y = f(x);
    const weights = tf.reshape(tf.cos(tf.range(0, y.size)), y.shape);
    return tf.sum(tf.mul(y, weights)) as tf.Scalar;
  };
  return [f(x), tf.grad(weighted)(x)];
}

/** TensorFlow.js' own gradients of these are missing, or wrong where a shape broadcasts. */
const noGradient = new Set(["relu6", "maximum", "minimum", "squaredDifference", "prelu"]);

/** Every kind of case by name. */
export const kinds: Record<string, Case> = {
  ...prefixed("smooth", smoothUnary, (f, name) => (l) =>
    noGradient.has(name) ? f(l.float(shapeOf(l.random))) : withGradient(f, tf.add(l.float(shapeOf(l.random)), 0.005))),
  ...prefixed("exact", exactUnary, (f) => (l) => f(l.float(shapeOf(l.random)))),
  ...prefixed("binary", smoothBinary, (f, name) => (l) => {
    const shape = shapeOf(l.random);
    const [a, b] = [l.float(shape), l.float(broadcastable(l.random, shape))];
    if (noGradient.has(name)) return f(a, b);
    const swap = chance(l.random);
    const moved = tf.add(b, 0.005);
    return swap ? [f(moved, a), ...withGradient((x) => f(x, a), moved)] : withGradient((x) => f(a, x), moved);
  }),
  ...prefixed("integers", exactBinary, (f) => (l) => {
    const shape = shapeOf(l.random);
    return [f(l.int(shape), l.int(broadcastable(l.random, shape))), f(l.float(shape), l.float(shape))];
  }),
  ...prefixed("reduce", reductions, (f) => (l) => {
    const shape = shapeOf(l.random);
    const [axes, keep] = [someAxes(l.random, shape.length), chance(l.random)];
    return withGradient((x) => f(x, axes, keep), l.float(shape));
  }),
  ...prefixed("move", moves, (f) => (l) => {
    const shape = shapeOf(l.random);
    return f(l.random, pick(l.random, [l.float, l.float, l.int])(shape));
  }),
  ...prefixed("order", orders, (f) => (l) => f(l.random, l.float(shapeOf(l.random)))),
  ...prefixed("cumsum", { cumsum: tf.cumsum }, (f) => (l) => {
    const x = l.float(shapeOf(l.random));
    return f(x, below(l.random, x.rank), chance(l.random), chance(l.random));
  }),
  ...lookups,
  ...prefixed("boolean", booleans, (f) => f),
  ...products,
  /** Several steps, one feeding the next, with reuse. */
  chain: (l) => {
    const steps = Object.values(smoothUnary).slice(0, 8);
    let x = l.float(shapeOf(l.random, 2, 3));
    for (let i = 0; i < 5; i++) {
      const y = pick(l.random, steps)(tf.mul(x, 0.5));
      x = chance(l.random) ? tf.add(tf.mean(x, -1, true), y) : tf.transpose(tf.add(x, y));
    }
    return x;
  },
}; // biome-ignore format: tables

function prefixed<F>(
  prefix: string,
  table: Record<string, F>,
  make: (f: F, name: string) => Case,
): Record<string, Case> {
  return Object.fromEntries(Object.entries(table).map(([name, f]) => [`${prefix} ${name}`, make(f, name)]));
}
