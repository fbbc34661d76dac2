/** Kernels that only move, repeat, cut or join elements. */
import type { Tensor } from "@tensorflow/tfjs";
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { DType } from "../../engine.ts";
import { tf } from "../../tensorflow.ts";
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../node.ts";
import { fromFront, resolvedShape } from "../shape.ts";
import { type Kernels, operand, operandList } from "./kernel.ts";

const zeros = (rank: number) => Array<number>(rank).fill(0);

function dtypeOf(dtype: unknown, value: unknown): DType {
  if (dtype === "int32" || dtype === "bool" || dtype === "float32") return dtype;
  return typeof value === "boolean" ? "bool" : "float32";
}

/** `parts` cut from `x` one after another along `axis`. */
function split(b: GraphBuilder, x: Node, axis: number, parts: readonly number[]): Node[] {
  let at = 0;
  return parts.map((length) => {
    const cut = b.slice(x, zeros(x.shape.length).with(axis, at), x.shape.with(axis, length));
    at += length;
    return cut;
  });
}

function reversed(b: GraphBuilder, x: Node, axes: readonly number[]): Node {
  const begin = x.shape.map((length, axis) => (axes.includes(axis) ? length - 1 : 0));
  return b.slice(
    x,
    begin,
    x.shape,
    x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1)),
  );
}

export const arrange: Kernels = {
  Reshape: ({ builder, inputs: { x }, attrs }) =>
    builder.reshape(x!, resolvedShape(attrs.shape as number[], sizeOf(x!.shape))),
  ExpandDims: ({ builder, inputs: { input }, attrs }) => {
    const axis = fromFront(attrs.dim as number, input!.shape.length + 1);
    return builder.reshape(input!, input!.shape.toSpliced(axis, 0, 1));
  },
  Transpose: ({ builder, inputs: { x }, attrs }) => builder.transpose(x!, attrs.perm as number[]),
  Slice: ({ builder, inputs: { x }, attrs }) => {
    const [begin, shape] = tf.slice_util.parseSliceParams(
      { shape: [...x!.shape], rank: x!.shape.length } as unknown as Tensor,
      attrs.begin as number[],
      attrs.size as number[],
    );
    return builder.slice(x!, begin!, shape!);
  },
  StridedSlice: ({ builder: b, inputs: { x }, attrs: a }) => {
    const { finalShape, sliceDim0, isIdentity, begin, end, strides } = tf.slice_util.sliceInfo(
      [...x!.shape],
      a.begin as number[],
      a.end as number[],
      a.strides as number[],
      a.beginMask as number,
      a.endMask as number,
      a.ellipsisMask as number,
      a.newAxisMask as number,
      a.shrinkAxisMask as number,
    );
    if (isIdentity) return b.reshape(x!, finalShape);
    const cut = tf.slice_util.computeOutShape(begin, end, strides);
    return b.reshape(b.slice(x!, begin, cut, sliceDim0 ? begin.map(() => 1) : strides), finalShape);
  },
  SplitV: ({ builder, inputs: { x }, attrs }) => {
    const axis = fromFront(attrs.axis as number, x!.shape.length);
    const parts = tf.backend_util.prepareSplitSize(
      { shape: [...x!.shape] } as Tensor,
      attrs.numOrSizeSplits as number[] | number,
      axis,
    );
    return split(builder, x!, axis, parts);
  },
  Unpack: ({ builder: b, inputs: { value }, attrs }) => {
    const axis = fromFront(attrs.axis as number, value!.shape.length);
    const parts = split(b, value!, axis, Array<number>(value!.shape[axis]!).fill(1));
    return parts.map((part) => b.reshape(part, value!.shape.toSpliced(axis, 1)));
  },
  Concat: (call) => {
    const parts = operandList(call);
    const axis = fromFront(call.attrs.axis as number, parts[0]!.shape.length);
    const filled = parts.filter((part) => sizeOf(part.shape) > 0);
    return call.builder.concat(filled.length > 0 ? filled : parts.slice(0, 1), axis);
  },
  Pack: (call) => {
    const parts = operandList(call);
    const axis = fromFront(call.attrs.axis as number, parts[0]!.shape.length + 1);
    return call.builder.concat(
      parts.map((part) => call.builder.reshape(part, part.shape.toSpliced(axis, 0, 1))),
      axis,
    );
  },
  PadV2: ({ builder, inputs: { x }, attrs }) => {
    const paddings = attrs.paddings as [number, number][];
    const shape = x!.shape.map((length, axis) => length + paddings[axis]![0] + paddings[axis]![1]);
    const [before, after] = [paddings.map((p) => p[0]), paddings.map((p) => p[1])];
    return builder.make("pad", { before, after, value: attrs.constantValue as number }, [x!], shape, x!.dtype);
  },
  MirrorPad: ({ builder: b, inputs: { x }, attrs }) => {
    const inset = attrs.mode === "reflect" ? 1 : 0;
    return (attrs.paddings as [number, number][]).reduce((padded, [before, after], axis) => {
      const length = padded.shape[axis]!;
      const flipped = reversed(b, padded, [axis]);
      const cut = (start: number, count: number) =>
        b.slice(flipped, zeros(padded.shape.length).with(axis, start), padded.shape.with(axis, count));
      const head = before > 0 ? [cut(length - inset - before, before)] : [];
      const tail = after > 0 ? [cut(inset, after)] : [];
      return b.concat([...head, padded, ...tail], axis);
    }, x!);
  },
  Reverse: ({ builder, inputs: { x }, attrs }) =>
    reversed(
      builder,
      x!,
      (attrs.dims as number[]).map((axis) => fromFront(axis, x!.shape.length)),
    ),
  Tile: ({ builder, inputs: { x }, attrs }) => {
    const reps = attrs.reps as number[];
    const shape = x!.shape.map((length, axis) => length * reps[axis]!);
    if (x!.shape.every((length, axis) => length === 1 || reps[axis] === 1)) return builder.broadcast(x!, shape);
    return builder.make("tile", { reps }, [x!], shape, x!.dtype);
  },
  BroadcastTo: (call) => call.builder.broadcast(operand(call, "x"), call.attrs.shape as number[]),
  ZerosLike: ({ builder, inputs: { x } }) => builder.fill(0, x!.shape, x!.dtype),
  OnesLike: ({ builder, inputs: { x } }) => builder.fill(1, x!.shape, x!.dtype),
  Fill: ({ builder, attrs }) =>
    builder.fill(Number(attrs.value), attrs.shape as number[], dtypeOf(attrs.dtype, attrs.value)),
  Range: ({ builder, attrs: a }) => {
    const [start, stop, step] = [a.start as number, a.stop as number, a.step as number];
    const length = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length }, (_, i) => start + i * step);
    return builder.constant(
      (a.dtype === "int32" ? Int32Array : Float32Array).from(values),
      [length],
      dtypeOf(a.dtype, start),
    );
  },
  LinSpace: ({ builder, attrs: a }) => {
    const [start, stop, num] = [a.start as number, a.stop as number, a.num as number];
    const values = Float32Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1));
    return builder.constant(values, [num], "float32");
  },
};
