/** A rectified value's mask as numbers: its sign, for targets that have it in one pass. */
import { isFilledWith } from "../fold.ts";
import type { Node } from "../node.ts";
import type { Rule } from "../rewrite.ts";

/** `float(x > 0)` for x that is never below 0; but for NaN, which stays NaN, the same numbers. */
export const signOfRectified: Rule = ({ builder, node }) => {
  if (node.op !== "cast" || node.dtype !== "float32") return undefined;
  const [mask] = node.operands as [Node];
  if (mask.op !== "binary" || mask.attrs.fn !== "greater") return undefined;
  const [x, zero] = mask.operands as [Node, Node];
  return isFilledWith(zero, 0) && isRectified(x) ? builder.unary("sign", x) : undefined;
};

/** Whether a node is a relu, some rows of one, or either that or 0. */
export function isRectified(node: Node): boolean {
  if (node.op === "unary") return node.attrs.fn === "relu";
  if (node.op === "gather") return isRectified(node.operands[0]!);
  if (node.op !== "choose") return false;
  return node.operands.slice(1).every((side) => isFilledWith(side, 0) || isRectified(side));
}
