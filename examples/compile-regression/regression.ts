/**
 * A two-layer MLP learns `sin(3 x) y` from points in a square, with momentum. Nothing of the trainer is used: a pure
 * TensorFlow.js function goes in, a program that ONNX Runtime runs comes out.
 */
import * as tf from "@tensorflow/tfjs";
import { type Compiled, compile, type Signature, type Step, type Tensors } from "reluscope";

const [points, hidden, learningRate, momentum] = [256, 64, 0.05, 0.9];

const weights = { W1: [2, hidden], b1: [hidden], W2: [hidden, 1], b2: [1] };

/** The MLP on `x` `[points 2]`, giving `[points 1]`. */
function predict({ W1, b1, W2, b2 }: Tensors, x: tf.Tensor): tf.Tensor {
  const h = tf.relu(tf.add(tf.matMul(x, W1!), b1!)); // [points hidden]
  return tf.add(tf.matMul(h, W2!), b2!);
}

/** One step of gradient descent with momentum; `use` is the share of hidden units that fire. */
const step: Step = (state, { x, y }) => {
  const names = Object.keys(weights);
  const loss = (...values: tf.Tensor[]) => {
    const params = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    return tf.mean(tf.squaredDifference(predict(params, x!), y!)) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
  const next: Record<string, tf.Tensor> = {};
  for (const [i, name] of names.entries()) {
    const velocity = tf.add(tf.mul(state[`velocity/${name}`]!, momentum), grads[i]!);
    next[`velocity/${name}`] = velocity;
    next[name] = tf.sub(state[name]!, tf.mul(velocity, learningRate));
  }
  const fires = tf.greater(tf.add(tf.matMul(x!, state.W1!), state.b1!), 0);
  return { state: next, outputs: { loss: value, use: tf.mean(tf.cast(fires, "float32")) } };
};

const float32 = (shape: readonly number[]) => ({ shape, dtype: "float32" }) as const;
const specs = Object.entries(weights).map(([name, shape]) => [name, float32(shape)] as const);
const signature: Signature = {
  state: Object.fromEntries([...specs, ...specs.map(([name, spec]) => [`velocity/${name}`, spec] as const)]),
  inputs: { x: float32([points, 2]), y: float32([points, 1]) },
};

/** Small deterministic weights and no velocity. */
function initialState() {
  let seed = 1;
  const uniform = () => {
    seed = (seed * 16807) % 2147483647; // Park and Miller's generator
    return seed / 2147483647 - 0.5;
  };
  return Object.fromEntries(
    Object.entries(signature.state).map(([name, { shape }]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const random = name === "W1" || name === "W2" ? 2 / Math.sqrt(shape[0]!) : 0;
      return [name, { shape, data: Float32Array.from({ length: size }, () => random * uniform()) }];
    }),
  );
}

/** The points of step `n`: different in every step. */
function batch(n: number) {
  const x = Float32Array.from({ length: 2 * points }, (_, i) => Math.sin(12.9898 * (i + n * points)) ** 2 * 2 - 1);
  const y = Float32Array.from({ length: points }, (_, i) => Math.sin(3 * x[2 * i]!) * x[2 * i + 1]!);
  return { x: { shape: [points, 2], data: x }, y: { shape: [points, 1], data: y } };
}

/** Trains for `steps` steps; gives the loss of each. */
export async function regression(steps: number, report: (line: string) => void = console.log): Promise<number[]> {
  const program: Compiled = await compile(step, signature, { title: "regression" });
  report(`${program.engine}: ${program.device}`);
  const run = await program.start(initialState());
  const losses: number[] = [];
  for (let n = 1; n <= steps; n++) {
    const { loss, use } = await run.step(batch(n));
    losses.push(loss!.data[0]!);
    if (n === 1 || n % 100 === 0)
      report(`step ${n}: loss ${loss!.data[0]!.toFixed(5)}, use ${use!.data[0]!.toFixed(3)}`);
  }
  run.stop();
  await program.dispose();
  return losses;
}
