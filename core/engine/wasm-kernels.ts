/** Kernels of TensorFlow.js' wasm backend that are replaced: wrong in places, or many times slower than they need to be. */

import type { DataType, KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import { sizeOf } from "../arrays/ndarray.ts";
import { tf } from "./tensorflow.ts";

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
  const product = oneByOne(stock("BatchMatMul"));
  replace("BatchMatMul", transposingFirst(product, stock("Transpose")));
  replace("Sum", leadingSum(stock("Sum")));
  replace("OneHot", oneHot(stock("OneHot"), stock("Cast")));
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

/** The stock kernel transposes before it sums over leading axes (every bias's gradient); adding row to row needs none. */
function leadingSum(stock: Kernel): Kernel {
  return (inputs, attrs, backend) => {
    const x = inputs.x!;
    const axes = tf.util.parseAxisParam(attrs.axis as number | number[], [...x.shape]).sort((a, b) => a - b);
    const leading = axes.length < x.shape.length && axes.every((axis, i) => axis === i);
    if (!leading || x.dtype !== "float32") return stock(inputs, attrs, backend);
    const kept = x.shape.slice(axes.length);
    const out = backend.makeOutput(attrs.keepDims ? [...axes.map(() => 1), ...kept] : kept, "float32");
    const values = (of: TensorInfo) =>
      new Float32Array(backend.wasm.HEAPU8.buffer, backend.dataIdMap.get(of.dataId).memoryOffset, sizeOf(of.shape));
    addRows(values(x), values(out).fill(0));
    return out;
  };
}

function addRows(rows: Float32Array, sums: Float32Array): void {
  const width = sums.length;
  for (let start = 0; start < rows.length; start += width)
    for (let i = 0; i < width; i++) sums[i] = sums[i]! + rows[start + i]!;
}

const noTranspose = { transposeA: false, transposeB: false };

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

/**
 * The stock kernel leaves its fast path as soon as there is more than one product, so it gets one at a time. And it keeps a
 * packed copy of `b` under the identity of b's memory, whatever its shape: the same memory reshaped would then be read out of
 * bounds, so each `b` is passed as a view with an identity of its own.
 */
function oneByOne(stock: Kernel): Kernel {
  return (inputs, attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const outer = a.shape.slice(0, -2);
    const [m, k] = a.shape.slice(-2) as [number, number];
    const n = b.shape.at(-1)!;
    const alike = k === b.shape.at(-2) && outer.join() === b.shape.slice(0, -2).join();
    if (!alike || a.dtype !== "float32" || b.dtype !== "float32") return stock(inputs, attrs, backend);
    const out = backend.makeOutput([...outer, m, n], "float32");
    const offset = (x: TensorInfo) => backend.dataIdMap.get(x.dataId).memoryOffset;
    for (let i = 0; i < sizeOf(outer); i++) {
      const left = backend.makeOutput([m, k], "float32", offset(a) + i * 4 * m * k);
      const right = backend.makeOutput([k, n], "float32", offset(b) + i * 4 * k * n);
      const part = stock({ a: left, b: right }, attrs, backend);
      backend.wasm.HEAPU8.copyWithin(offset(out) + i * 4 * m * n, offset(part), offset(part) + 4 * m * n);
      backend.disposeData(part.dataId);
      forget(left, backend);
      forget(right, backend);
    }
    return out;
  };
}

/** Drops a view without freeing the memory, which is another tensor's. */
function forget(view: TensorInfo, backend: WasmBackend): void {
  backend.wasm.tfjs.disposeData(backend.dataIdMap.get(view.dataId).id);
  backend.dataIdMap.delete(view.dataId);
}
