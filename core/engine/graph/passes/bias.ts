/** `x W + b` as one node: the bias is where the product's sums start, not one more pass over the result. */

import type { Node } from "../node.ts";
import type { Rule } from "../rewrite.ts";
import { sameShape } from "../shape.ts";

export const addBias: Rule = ({ builder, node, uses }) => {
  if (node.op !== "binary" || node.attrs.fn !== "add") return undefined;
  for (const [i, product] of node.operands.entries()) {
    const bias = node.operands[1 - i]!;
    if (product.op !== "matmul" || product.operands.length !== 2 || uses(i) !== 1) continue;
    if (!sameShape(product.shape, node.shape) || !isRow(bias, product.shape.at(-1)!)) continue;
    const [a, b] = product.operands as [Node, Node];
    if (a.shape.length !== 2 || b.shape.length !== 2) continue;
    return builder.make("matmul", product.attrs, [a, b, bias], node.shape, node.dtype);
  }
  return undefined;
};

/** One value for each column. */
function isRow(x: Node, columns: number): boolean {
  return x.shape.at(-1) === columns && x.shape.slice(0, -1).every((length) => length === 1) && x.shape.length <= 2;
}
