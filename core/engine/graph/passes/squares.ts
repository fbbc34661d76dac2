/** Sums and means of squares in one pass over the numbers, without the squares ever being stored. */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { Rule } from "../rewrite.ts";

export const sumSquares: Rule = ({ builder, node, uses }) => {
  if (node.op !== "reduce" || (node.attrs.fn !== "sum" && node.attrs.fn !== "mean") || node.dtype !== "float32")
    return undefined;
  const [squares] = node.operands;
  if (squares?.op !== "binary" || squares.attrs.fn !== "mul" || uses(0) > 1) return undefined;
  const [x, again] = squares.operands;
  if (x === undefined || x !== again) return undefined;
  const { axes, keepDims, fn } = node.attrs;
  // Down columns ONNX Runtime sums squares several times slower than it squares and then sums.
  if (!axes.includes(x.shape.length - 1)) return undefined;
  const sum = builder.reduce("sumSquare", x, axes, keepDims);
  if (fn === "sum") return sum;
  return builder.binary("mul", sum, builder.scalar(1 / sizeOf(axes.map((axis) => x.shape[axis]!))));
};
