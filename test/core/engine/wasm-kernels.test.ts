import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { activate, openBackend } from "../../../core/engine/backend.ts";
import { assertClose } from "../../helpers/closeness.ts";

/** Runs `f` on the cpu and on the wasm backend over the same random tensors, and compares what comes out. */
function compare(
  what: string,
  shapes: readonly (readonly number[])[],
  f: (...tensors: tf.Tensor[]) => tf.Tensor,
): void {
  const results = (["cpu", "wasm"] as const).map((backend) => {
    activate(backend);
    const random = createRandom(5, what);
    return tf.tidy(() => {
      const tensors = shapes.map((shape) => {
        const data = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal());
        return tf.tensor(data, [...shape]);
      });
      const result = f(...tensors);
      return { shape: result.shape, dtype: result.dtype, data: result.dataSync() };
    });
  }) as unknown as { shape: number[]; dtype: string; data: Float32Array }[];
  const [want, got] = results as [(typeof results)[0], (typeof results)[0]];
  expect([got.shape, got.dtype], what).to.deep.equal([want.shape, want.dtype]);
  assertClose(got.data, want.data, 1e-5, what);
}

describe("the wasm backend's replaced kernels", () => {
  before(async () => {
    await openBackend("cpu");
    await openBackend("wasm");
  });

  it("multiply as the cpu backend does, whatever is transposed, batched or broadcast", () => {
    for (const outer of [[], [1], [3], [2, 3]]) {
      for (const [m, k, n] of [
        [4, 5, 6],
        [2, 9, 1],
        [7, 2, 7],
        [1, 8, 3],
      ] as const) {
        for (const [transposeA, transposeB] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          const a = [...outer, ...(transposeA ? [k, m] : [m, k])];
          const b = [...outer, ...(transposeB ? [n, k] : [k, n])];
          const what = `matMul ${a.join("x")} ${b.join("x")} ${transposeA} ${transposeB}`;
          compare(what, [a, b], (x, y) => tf.matMul(x!, y!, transposeA, transposeB));
        }
      }
    }
    const broadcast = [
      [2, 3, 4],
      [1, 4, 5],
    ];
    compare("broadcast", broadcast, (x, y) => tf.matMul(x!, y!));
    compare("broadcast transposed", broadcast, (x, y) => tf.matMul(y!, x!, true, true));
  });

  it("multiply by the same memory in two shapes", () => {
    const shapes = [
      [2, 6],
      [3, 4],
      [6, 4],
    ];
    compare("two shapes", shapes, (a, b, x) => {
      const wide = tf.matMul(a!, x!); // [2 4]
      const tall = tf.matMul(b!, tf.reshape(x!, [4, 6])); // [3 6]
      return tf.concat([tf.reshape(wide, [-1]), tf.reshape(tall, [-1])]);
    });
  });

  it("sum over leading, trailing, all and mixed axes", () => {
    for (const axes of [[0], [1], [2], [0, 1], [1, 0], [1, 2], [0, 2], [0, 1, 2], [-3], undefined]) {
      for (const keep of [false, true])
        compare(`sum ${axes} ${keep}`, [[3, 4, 5]], (x) => tf.sum(x!, axes as number[], keep));
    }
    compare("sum of integers", [[3, 4]], (x) => tf.sum(tf.cast(tf.mul(x!, 10), "int32"), 0));
  });

  it("make one-hot rows of every dtype", () => {
    for (const dtype of ["float32", "int32", "bool"] as const) {
      compare(`oneHot ${dtype}`, [[1]], () => tf.oneHot(tf.tensor1d([1, 0, 3], "int32"), 4, 1, 0, dtype));
    }
  });

  it("leave no tensor behind", () => {
    activate("wasm");
    const held = () => [tf.memory().numTensors, tf.memory().numDataBuffers];
    const before = held();
    tf.tidy(() => {
      const x = tf.ones([2, 3, 4]);
      tf.matMul(x, x, true, false);
      tf.matMul(x, x, false, true);
      tf.sum(x, 0);
      tf.oneHot(tf.tensor1d([0, 1], "int32"), 3, 1, 0, "float32");
    });
    expect(held()).to.deep.equal(before);
  });
});
