/** Engines that run a step operation by operation on a TensorFlow.js backend: `tensorflow`, `wasm` and `cpu`. */

import type { Tensor, TensorContainer } from "@tensorflow/tfjs";
import type { NDArray, TypedArray } from "../arrays/ndarray.ts";
import { ExperimentError, internal, invalidStep, reasonOf } from "../errors/errors.ts";
import { activate, type EagerName, openBackend } from "./backend.ts";
import {
  type DType,
  type Engine,
  type EngineOptions,
  isIterable,
  type Program,
  type State,
  type TensorSpec,
  type TensorSpecs,
  type Tensors,
} from "./engine.ts";
import { checkChanged, checkInputs, dtypeOf } from "./spec.ts";
import { tf } from "./tensorflow.ts";

type HostTensors = Readonly<Record<string, NDArray>>;

/** Tensors that stay on the backend between steps; undefined once released. */
interface EagerState extends State {
  tensors: Tensors | undefined;
}

/**
 * Makes an eager engine; `engine.unavailable` says why when its backend cannot be had. `threads` has no effect: wasm and cpu
 * have one, and TensorFlow takes its number from the machine.
 */
export async function createEagerEngine(name: EagerName, _options: Pick<EngineOptions, "threads">): Promise<Engine> {
  const device = await openBackend(name);

  /** Runs `f` on this backend, in a tidy; a failure says where, and which operation the backend lacks. */
  function computed<T extends TensorContainer>(where: string, f: () => T): T {
    activate(name);
    try {
      return tf.tidy(f);
    } catch (thrown) {
      if (thrown instanceof ExperimentError) throw thrown;
      const kernel = /Kernel '(\w+)' not registered/.exec(reasonOf(thrown))?.[1];
      throw invalidStep(where, kernel ? `the ${name} engine has no operation ${kernel}.` : reasonOf(thrown), thrown);
    }
  }

  function tensorsOf(state: State): Tensors {
    const { tensors } = state as EagerState;
    if (state.engine === name && tensors !== undefined) return tensors;
    throw internal(`the ${name} engine was handed a state that it does not hold`);
  }

  return {
    name,
    device,

    async compile(step, signature, title) {
      const specs = computed(title, () => {
        const given = { state: zeros(signature.state), inputs: zeros(signature.inputs) };
        const { state = {}, outputs } = step(given.state, given.inputs);
        checkChanged(title, specsOf(state), signature.state);
        return specsOf(outputs) as unknown as TensorContainer;
      });
      const outputs = specs as unknown as TensorSpecs;

      const run: Program["run"] = async (state, inputs) => {
        checkInputs(title, inputs, signature.inputs);
        const before = tensorsOf(state);
        const result = computed(title, () => {
          const { state: changed = {}, outputs } = step(before, mapped(inputs, toTensor));
          return { changed: { ...changed }, outputs: { ...outputs } };
        });
        const read = await readAll(result.outputs);
        const after = { ...before, ...result.changed };
        const alive = new Set<Tensor>(Object.values(after).map(tf.keep));
        for (const tensor of [...Object.values(before), ...Object.values(result.outputs)])
          if (!alive.has(tensor)) tensor.dispose();
        (state as EagerState).tensors = after;
        return read;
      };
      return { signature, outputs, run, dispose() {} };
    },

    async upload(arrays) {
      const tensors: Record<string, Tensor> = {};
      for (const [entry, array] of isIterable(arrays) ? arrays : Object.entries(arrays)) {
        tensors[entry] = computed("state", () => tf.keep(toTensor(array)));
      }
      const state: EagerState = { engine: name, specs: specsOf(tensors), tensors };
      return state;
    },

    async download(state) {
      activate(name);
      return readAll(tensorsOf(state));
    },

    release(state) {
      activate(name);
      tf.dispose(tensorsOf(state) as TensorContainer);
      (state as EagerState).tensors = undefined;
    },

    async dispose() {},
  };
}

/** Copies to the backend (the plain JavaScript one would otherwise go on using the caller's array). */
function toTensor({ shape, data }: NDArray): Tensor {
  return tf.tensor(data.slice() as Float32Array, [...shape], dtypeOf(data));
}

async function readAll(tensors: Tensors): Promise<HostTensors> {
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    const data = (await tensor.data()).slice() as TypedArray;
    return [name, { shape: tensor.shape, data }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function zeros(specs: TensorSpecs): Record<string, Tensor> {
  return mapped(specs, ({ shape, dtype }) => tf.zeros([...shape], dtype));
}

function specsOf(tensors: Tensors): Record<string, TensorSpec> {
  return mapped(tensors, ({ shape, dtype }) => ({ shape, dtype: dtype as DType }));
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
