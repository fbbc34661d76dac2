/** How often something is true, counted on the truth values themselves: a quarter of the bytes that they take as float32. */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../node.ts";
import type { Rule } from "../rewrite.ts";

/** Sums of ones up to which float32 is exact, so that a count is the same number. */
const exact = 2 ** 24;

/** `int(sum(float(truth)))` over axes that lie side by side, turned afterwards or not. */
export const countTrue: Rule = ({ builder, node }) => {
  if (node.op !== "cast" || node.dtype !== "int32") return undefined;
  const [x] = node.operands as [Node];
  if (x.op !== "transpose") return counted(builder, x);
  const counts = counted(builder, x.operands[0]!);
  return counts && builder.transpose(counts, x.attrs.perm);
};

function counted(builder: GraphBuilder, sum: Node): Node | undefined {
  if (sum.op !== "reduce" || sum.attrs.fn !== "sum" || sum.dtype !== "float32") return undefined;
  const { axes } = sum.attrs;
  if (axes.some((axis, i) => axis !== axes[0]! + i)) return undefined;
  const [ones] = sum.operands as [Node];
  const cast = ones.op === "reshape" ? ones.operands[0]! : ones;
  const truth = cast.op === "cast" ? cast.operands[0]! : undefined;
  if (truth?.dtype !== "bool" || sizeOf(axes.map((axis) => ones.shape[axis]!)) > exact) return undefined;
  const [before, after] = [ones.shape.slice(0, axes[0]), ones.shape.slice(axes.at(-1)! + 1)];
  const apart = [sizeOf(before), sizeOf(ones.shape) / sizeOf(before) / sizeOf(after), sizeOf(after)] as const;
  if (apart.includes(0)) return undefined;
  const counts = builder.make("count", { apart }, [truth], [apart[0], apart[2]], "int32");
  return builder.reshape(counts, sum.shape);
}
