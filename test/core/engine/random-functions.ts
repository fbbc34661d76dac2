import type { Tensor } from "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { type NDArray, sizeOf } from "../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../core/arrays/random.ts";
import type { Engine, Step } from "../../../core/engine/engine.ts";
import { kinds, type Leaves } from "./onnx/cases.ts";

/** Random small functions, and whether an engine computes them as another does. */

const poolSize = 512;

/** One step that computes a case of every kind. */
function casesStep(seed: number): Step {
  return (_, { floats, ints, bools }) => {
    const outputs: Record<string, Tensor> = {};
    for (const [name, make] of Object.entries(kinds)) {
      const random = createRandom(seed, name);
      let at = random.integer(50);
      const leaf = (pool: Tensor) => (shape: readonly number[]) => {
        const cut = tf.slice(pool, at, sizeOf(shape));
        at = (at + sizeOf(shape)) % (poolSize - 256);
        return tf.reshape(cut, [...shape]);
      };
      const leaves: Leaves = { random, float: leaf(floats!), int: leaf(ints!), bool: leaf(bools!) };
      const made = make(leaves);
      for (const [i, tensor] of (made instanceof tf.Tensor ? [made] : made).entries()) outputs[`${name}/${i}`] = tensor;
    }
    return { outputs };
  };
}

function pools(seed: number): Record<string, NDArray> {
  const random = createRandom(seed, "pools");
  const order = Array.from({ length: poolSize }, (_, i) => i - poolSize / 2 + 0.5).sort(() => random.next() - 0.5);
  return {
    floats: { shape: [poolSize], data: Float32Array.from(order, (value) => value / 64) },
    ints: { shape: [poolSize], data: Int32Array.from(order, () => random.integer(19) - 9) },
    bools: { shape: [poolSize], data: Uint8Array.from(order, () => random.integer(2)) },
  };
}

async function computed(engine: Engine, seed: number): Promise<Readonly<Record<string, NDArray>>> {
  const inputs = pools(seed);
  const dtypes = { floats: "float32", ints: "int32", bools: "bool" } as const;
  const specs = Object.fromEntries(Object.entries(dtypes).map(([name, dtype]) => [name, { shape: [poolSize], dtype }]));
  const program = await engine.compile(casesStep(seed), { state: {}, inputs: specs }, "cases");
  const state = await engine.upload({});
  const outputs = await program.run(state, inputs);
  program.dispose();
  return outputs;
}

/** Asserts that all cases of a seed come out the same to 1e-5. */
export async function expectEqualCases(engine: Engine, reference: Engine, seed: number): Promise<void> {
  const [got, want] = [await computed(engine, seed), await computed(reference, seed)];
  expect(got).to.have.all.keys(Object.keys(want));
  for (const [name, { shape, data }] of Object.entries(want)) {
    const array = got[name]!;
    expect(array.shape, name).to.deep.equal(shape);
    expect(array.data.constructor, name).to.equal(data.constructor);
    for (const [i, value] of data.entries()) {
      const near = Object.is(array.data[i], value) || Math.abs(array.data[i]! - value) <= 1e-5 * (1 + Math.abs(value));
      if (!near) expect.fail(`${name} [${shape}] at ${i}: expected ${value}, got ${array.data[i]}`);
    }
  }
}
