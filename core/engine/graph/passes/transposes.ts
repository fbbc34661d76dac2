/** Matrices that are transposed only to be multiplied: products take them as they are. */

import type { Node } from "../node.ts";
import type { Rule } from "../rewrite.ts";
import { swapLastTwo } from "../shape.ts";

export const multiplyTransposed: Rule = ({ builder, node }) => {
  if (node.op !== "matmul" || node.operands.length !== 2) return undefined;
  const [a, b] = node.operands as [Node, Node];
  const [plainA, plainB] = [beforeSwap(a), beforeSwap(b)];
  if (plainA === undefined && plainB === undefined) return undefined;
  const { transposeA, transposeB } = node.attrs;
  const flags = [transposeA !== (plainA !== undefined), transposeB !== (plainB !== undefined)] as const;
  return builder.matmul(plainA ?? a, plainB ?? b, ...flags);
};

function beforeSwap(x: Node): Node | undefined {
  if (x.op !== "transpose") return undefined;
  return swapLastTwo(x.shape.length).every((axis, i) => axis === x.attrs.perm[i]) ? x.operands[0] : undefined;
}
