/** Kernels that pick or place elements by index. */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { DType } from "../../engine.ts";
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../node.ts";
import { fromFront } from "../shape.ts";
import type { Kernels } from "./kernel.ts";

/** Slices of `x` along `axis`, separately for each entry of the first `batchDims` axes. */
function gather(b: GraphBuilder, x: Node, indices: Node, axis: number, batchDims: number): Node {
  if (batchDims === 0) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return b.make("gather", { axis }, [x, indices], shape, x.dtype);
  }
  // Bring the axis behind the batch, fold both into one axis of rows, and let each batch count from its own first row.
  const rank = x.shape.length;
  const axes = Array.from({ length: rank }, (_, i) => i);
  const [batch, outer, inner] = [axes.slice(0, batchDims), axes.slice(batchDims, axis), axes.slice(axis + 1)];
  const lengths = (of: readonly number[]) => of.map((i) => x.shape[i]!);
  const [count, length] = [sizeOf(lengths(batch)), x.shape[axis]!];
  const rows = b.reshape(b.transpose(x, [...batch, axis, ...outer, ...inner]), [
    count * length,
    ...lengths([...outer, ...inner]),
  ]);
  const firstRow = b.constant(
    Int32Array.from({ length: count }, (_, i) => i * length),
    [count, 1],
    "int32",
  );
  const within = indices.shape.slice(batchDims);
  const row = b.binary("add", b.reshape(indices, [count, sizeOf(within)]), firstRow);
  const picked = gather(b, rows, row, 0, 0); // [count within ...outer ...inner]
  const unfolded = b.reshape(picked, [...lengths(batch), sizeOf(within), ...lengths(outer), ...lengths(inner)]);
  const outerAt = outer.map((_, i) => batchDims + 1 + i);
  const innerAt = inner.map((_, i) => batchDims + 1 + outer.length + i);
  const back = b.transpose(unfolded, [...batch, ...outerAt, batchDims, ...innerAt]);
  return b.reshape(back, [...lengths(batch), ...lengths(outer), ...within, ...lengths(inner)]);
}

function scatter(b: GraphBuilder, mode: "add" | "set", indices: Node, updates: Node, base: Node): Node {
  return b.make("scatterNd", { mode }, [indices, updates, base], base.shape, base.dtype);
}

export const lookup: Kernels = {
  OneHot: ({ builder: b, inputs: { indices }, attrs }) => {
    const depth = attrs.depth as number;
    const dtype = (attrs.dtype as DType | undefined) ?? "int32";
    const [on, off] = [(attrs.onValue as number | undefined) ?? 1, (attrs.offValue as number | undefined) ?? 0];
    const hot = b.make("oneHot", { depth }, [indices!], [...indices!.shape, depth], "bool");
    if (on === 1 && off === 0) return b.cast(hot, dtype);
    return b.select(hot, b.scalar(on, dtype), b.scalar(off, dtype));
  },
  GatherV2: ({ builder, inputs: { x, indices }, attrs }) => {
    const axis = fromFront((attrs.axis as number | undefined) ?? 0, x!.shape.length);
    return gather(builder, x!, indices!, axis, (attrs.batchDims as number | undefined) ?? 0);
  },
  GatherNd: ({ builder: b, inputs: { params, indices } }) => {
    const depth = indices!.shape.at(-1) ?? 0;
    const shape = [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)];
    return b.make("gatherNd", {}, [params!, indices!], shape, params!.dtype);
  },
  ScatterNd: ({ builder: b, inputs: { indices, updates }, attrs }) =>
    scatter(b, "add", indices!, updates!, b.fill(0, attrs.shape as number[], updates!.dtype)),
  TensorScatterUpdate: ({ builder: b, inputs: { tensor, indices, updates } }) =>
    scatter(b, "set", indices!, updates!, tensor!),
  UnsortedSegmentSum: ({ builder: b, inputs: { x, segmentIds }, attrs }) => {
    const segments = attrs.numSegments as number;
    const rest = x!.shape.slice(segmentIds!.shape.length);
    const [rows, width] = [sizeOf(segmentIds!.shape), sizeOf(rest)];
    // A sum over equal ids is a product with their one-hot matrix: ids out of range drop out, and the order of the sum is fixed.
    const hot = b.make("oneHot", { depth: segments }, [b.reshape(segmentIds!, [rows])], [rows, segments], "bool");
    const sums = b.matmul(b.cast(hot, "float32"), b.reshape(b.cast(x!, "float32"), [rows, width]), true, false);
    return b.cast(b.reshape(sums, [segments, ...rest]), x!.dtype);
  },
};
