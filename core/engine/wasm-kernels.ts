/** Kernels of TensorFlow.js' wasm backend that are replaced: one is wrong, two are many times slower than they need to be. */

import type { DataType, KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../ndarray.ts";

/** The part of the wasm backend that is used here. */
interface WasmBackend {
  readonly wasm: { readonly HEAPU8: Uint8Array; readonly tfjs: { disposeData(id: number): void } };
  readonly dataIdMap: {
    get(dataId: object): { readonly id: number; readonly memoryOffset: number };
    delete(dataId: object): void;
  };
  /** With an offset, a view of memory that belongs to another tensor. */
  makeOutput(shape: readonly number[], dtype: DataType, memoryOffset?: number): TensorInfo;
  disposeData(dataId: object): boolean;
}

type Kernel = (inputs: Record<string, TensorInfo>, attrs: Record<string, unknown>, backend: WasmBackend) => TensorInfo;

let patched = false;

/** Replaces them, in this backend only; idempotent. */
export function patchWasmKernels(): void {
  if (patched) return;
  patched = true;
  replace("OneHot", oneHot(stock("OneHot"), stock("Cast")));
  replace("Sum", leadingSum(stock("Sum"), stock("BatchMatMul")));
  replace("BatchMatMul", transposingFirst(eachOfBatch(stock("BatchMatMul")), stock("Transpose")));
}

function stock(name: string): Kernel {
  const { kernelFunc } = tf.getKernel(name, "wasm");
  return (inputs, attrs, backend) => kernelFunc({ inputs, attrs: attrs as never, backend }) as TensorInfo;
}

function replace(name: string, kernel: Kernel): void {
  const config = tf.getKernel(name, "wasm");
  const kernelFunc: KernelConfig["kernelFunc"] = ({ inputs, attrs, backend }) =>
    kernel(inputs as Record<string, TensorInfo>, attrs ?? {}, backend as WasmBackend);
  tf.unregisterKernel(name, "wasm");
  tf.registerKernel({ ...config, kernelFunc });
}

/** The stock kernel writes integers whatever the dtype: in float32, 1 becomes 1.4e-45. */
function oneHot(stock: Kernel, cast: Kernel): Kernel {
  return (inputs, attrs, backend) => {
    if (attrs.dtype === "int32") return stock(inputs, attrs, backend);
    const integers = stock(inputs, { ...attrs, dtype: "int32" }, backend);
    const result = cast({ x: integers }, { dtype: attrs.dtype }, backend);
    backend.disposeData(integers.dataId);
    return result;
  };
}

/** Sums over leading axes (every bias's gradient) as a product with ones: 50 times faster for `[1024 512]`. */
function leadingSum(stock: Kernel, matmul: Kernel): Kernel {
  return (inputs, attrs, backend) => {
    const x = inputs.x!;
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], [...x.shape]).sort((a, b) => a - b);
    const leading = axes.length < x.shape.length && axes.every((axis, i) => axis === i);
    if (!leading || x.dtype !== "float32") return stock(inputs, attrs, backend);
    const rows = sizeOf(x.shape.slice(0, axes.length));
    const kept = x.shape.slice(axes.length);
    const ones = backend.makeOutput([1, rows], "float32");
    fill(ones, backend);
    const sums = matmul({ a: ones, b: { ...x, shape: [rows, sizeOf(kept)] } }, noTranspose, backend); // [1 kept]
    backend.disposeData(ones.dataId);
    return { ...sums, shape: attrs.keepDims ? [...axes.map(() => 1), ...kept] : kept };
  };
}

const noTranspose = { transposeA: false, transposeB: false };

function fill(ones: TensorInfo, backend: WasmBackend): void {
  const { memoryOffset } = backend.dataIdMap.get(ones.dataId);
  new Float32Array(backend.wasm.HEAPU8.buffer, memoryOffset, sizeOf(ones.shape)).fill(1);
}

/** The stock kernel is some ten times slower with a transpose flag, which every gradient of a product sets. */
function transposingFirst(matmul: Kernel, transpose: Kernel): Kernel {
  const transposed = (x: TensorInfo, backend: WasmBackend) => {
    const axes = x.shape.map((_, axis) => axis);
    return transpose({ x }, { perm: [...axes.slice(0, -2), ...axes.slice(-2).reverse()] }, backend);
  };
  /** `a b` with each operand transposed beforehand where wanted. */
  const product = (a: TensorInfo, flipA: boolean, b: TensorInfo, flipB: boolean, backend: WasmBackend) => {
    const left = flipA ? transposed(a, backend) : a;
    const right = flipB ? transposed(b, backend) : b;
    const result = matmul({ a: left, b: right }, noTranspose, backend);
    if (flipA) backend.disposeData(left.dataId);
    if (flipB) backend.disposeData(right.dataId);
    return result;
  };
  return (inputs, attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    // `op(a) op(b)` is also `(op(b)^T op(a)^T)^T`: take whichever moves fewer numbers.
    const [sizeA, sizeB] = [sizeOf(a.shape), sizeOf(b.shape)];
    const sizeOut = (sizeOf(a.shape) / a.shape.at(transposeA ? -2 : -1)!) * b.shape.at(transposeB ? -2 : -1)!;
    const direct = (transposeA ? sizeA : 0) + (transposeB ? sizeB : 0);
    const flipped = (transposeA ? 0 : sizeA) + (transposeB ? 0 : sizeB) + sizeOut;
    if (direct <= flipped) return product(a, transposeA, b, transposeB, backend);
    const result = product(b, !transposeB, a, !transposeA, backend);
    const out = transposed(result, backend);
    backend.disposeData(result.dataId);
    return out;
  };
}

/** The stock kernel leaves its fast path as soon as there is more than one product: give it one at a time. */
function eachOfBatch(stock: Kernel): Kernel {
  return (inputs, attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const outer = a.shape.slice(0, -2);
    const batch = sizeOf(outer);
    const [m, k] = a.shape.slice(-2) as [number, number];
    const n = b.shape.at(-1)!;
    const same = k === b.shape.at(-2) && outer.join() === b.shape.slice(0, -2).join();
    if (batch <= 1 || !same) return stock(inputs, attrs, backend);
    const out = backend.makeOutput([...outer, m, n], "float32");
    const offset = (x: TensorInfo) => backend.dataIdMap.get(x.dataId).memoryOffset;
    const view = (x: TensorInfo, i: number, shape: readonly number[]) =>
      backend.makeOutput(shape, x.dtype, offset(x) + i * 4 * sizeOf(shape));
    const forget = (x: TensorInfo) => {
      backend.wasm.tfjs.disposeData(backend.dataIdMap.get(x.dataId).id);
      backend.dataIdMap.delete(x.dataId);
    };
    for (let i = 0; i < batch; i++) {
      const [left, right] = [view(a, i, [m, k]), view(b, i, [k, n])];
      const part = stock({ a: left, b: right }, attrs, backend);
      backend.wasm.HEAPU8.copyWithin(offset(out) + i * 4 * m * n, offset(part), offset(part) + 4 * m * n);
      backend.disposeData(part.dataId);
      forget(left);
      forget(right);
    }
    return out;
  };
}
