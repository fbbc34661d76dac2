/** ONNX for operations that move elements, and for lookups. */
import type { Node } from "../graph/node.ts";
import { castTo } from "./lower-elementwise.ts";
import type { Lowering, Rules } from "./rule.ts";

const end = (begin: number, length: number, stride: number): number => {
  const last = begin + length * stride;
  // Walking backwards past the first element: -1 would mean the last one.
  return last < 0 ? Number.MIN_SAFE_INTEGER : last;
};

/** Index operands: ONNX's -ND operators want int64. */
const wide = ({ writer, operands }: Lowering, i: number) => castTo(writer, operands[i]!, "int64");

/** The positions 0 … depth - 1 beside the indices: equal where hot. */
function oneHot(node: Node, depth: number, { writer: w, operands, as }: Lowering): string {
  const indices = w.emit("Unsqueeze", [operands[0]!, w.ints([node.shape.length - 1])]);
  const positions = w.initializer(
    "int32",
    [depth],
    Int32Array.from({ length: depth }, (_, i) => i),
  );
  return w.emit("Equal", [indices, positions], {}, as);
}

export const arrangeRules: Rules = {
  reshape: (node, { writer: w, operands, as }) =>
    w.emit("Reshape", [operands[0]!, w.ints(node.shape)], { allowzero: 1 }, as),
  transpose: (node, { writer, operands, as }) => writer.emit("Transpose", operands, { perm: node.attrs.perm }, as),
  broadcast: (node, { writer: w, operands, as }) => w.emit("Expand", [operands[0]!, w.ints(node.shape)], {}, as),
  tile: (node, { writer: w, operands, as }) => w.emit("Tile", [operands[0]!, w.ints(node.attrs.reps)], {}, as),
  slice: (node, { writer: w, operands, as }) => {
    const { begin, strides } = node.attrs;
    const ends = node.shape.map((length, axis) => end(begin[axis]!, length, strides[axis]!));
    const axes = node.shape.map((_, axis) => axis);
    return w.emit("Slice", [operands[0]!, w.ints(begin), w.ints(ends), w.ints(axes), w.ints(strides)], {}, as);
  },
  pad: (node, { writer: w, operands, as }) => {
    const { before, after, value } = node.attrs;
    const numeric = node.dtype === "bool" ? castTo(w, operands[0]!, "int32") : operands[0]!;
    const filler = w.scalar(value, node.dtype === "float32" ? "float32" : "int32");
    const padded = w.emit(
      "Pad",
      [numeric, w.ints([...before, ...after]), filler],
      {},
      node.dtype === "bool" ? undefined : as,
    );
    return node.dtype === "bool" ? castTo(w, padded, "bool", as) : padded;
  },
  concat: (node, { writer, operands, as }) => writer.emit("Concat", operands, { axis: node.attrs.axis }, as),
  oneHot: (node, lowering) => oneHot(node, node.attrs.depth, lowering),
  gather: (node, { writer, operands, as }) => writer.emit("Gather", operands, { axis: node.attrs.axis }, as),
  gatherNd: (_, lowering) =>
    lowering.writer.emit("GatherND", [lowering.operands[0]!, wide(lowering, 1)], {}, lowering.as),
  // A shape that lies behind those of all that come before: nothing but their lengths is looked at. Of what a node needs ONNX Runtime
  // computes that first which was written last.
  after: (node, { writer: w, operands: [x, ...before], as }) => {
    const shapes = before.toReversed().map((one) => w.emit("Shape", [one]));
    const all = w.emit("Concat", [w.ints(node.shape), ...shapes], { axis: 0 });
    const shape = w.emit("Slice", [all, w.ints([0]), w.ints([node.shape.length])]);
    return w.emit("Reshape", [x!, shape], { allowzero: 1 }, as);
  },
  scatterNd: (node, lowering) => {
    const [, updates, base] = lowering.operands as [string, string, string];
    const reduction = node.attrs.mode === "add" ? "add" : "none";
    return lowering.writer.emit("ScatterND", [base, wide(lowering, 0), updates], { reduction }, lowering.as);
  },
};
