import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import type { Optimizer } from "../../../core/contract/optimizer.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import { muon } from "../../../plugins/optimizers/muon.ts";
import { sgd } from "../../../plugins/optimizers/sgd.ts";
import { assertClose } from "../../helpers/closeness.ts";

interface Golden {
  readonly setup: { shapes: Record<string, number[]>; steps: number; lr: number; weight_decay: number };
  readonly cases: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

const golden = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8")) as Golden;
const { shapes, steps, lr, weight_decay } = golden.setup;

/** The numbers of optimizers.py. */
function numbers(stream: number): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const values = Array.from({ length: count }, (_, k) => Math.sin(12.9898 * ((stream + i) * 1000 + k)));
      return [name, tf.tensor(values, shape, "float32")];
    }),
  );
}

function trained(plugin: Optimizer, options: object): Record<string, tf.Tensor> {
  const settings = { weight_decay, beta1: 0.9, beta2: 0.95, eps: 1e-8 };
  const optimizer = plugin.create(plugin.options.parse(options) as never, settings);
  const own = Object.entries(optimizer.init(shapes)).map(([name, shape]) => [name, tf.zeros([...shape])] as const);
  let state: Record<string, tf.Tensor> = { ...numbers(0), ...Object.fromEntries(own) };
  for (let step = 1; step <= steps; step++) {
    const scalars = Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)] as const);
    const inputs = { tf, state, grads: numbers(10 * step), lr: tf.scalar(lr), scalars: Object.fromEntries(scalars) };
    state = { ...state, ...optimizer.update(inputs) };
  }
  return state;
}

describe("optimizers against PyTorch in float64", () => {
  beforeEach(() => openBackend("cpu"));

  for (const [name, plugin, options] of [
    ["sgd", sgd, {}],
    ["sgd nesterov", sgd, { nesterov: true }],
    ["sgd without momentum", sgd, { momentum: 0 }],
    ["muon", muon, {}],
  ] as const) {
    it(`agree: ${name}`, () => {
      const state = trained(plugin, options);
      for (const [parameter, values] of Object.entries(golden.cases[name]!)) {
        assertClose(state[parameter]!.dataSync(), values, 2e-5, parameter);
      }
    });
  }
});
