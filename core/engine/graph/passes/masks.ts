/** Signs of a rectified value: one mask for the forward pass, the gradient and whoever counts firing units. */
import type { GraphBuilder } from "../builder.ts";
import { isFilledWith } from "../fold.ts";
import type { Node } from "../node.ts";
import type { Rule } from "../rewrite.ts";

/**
 * `x > 0` becomes `relu(x) > 0` for every x that is rectified: the same truth, but x need not be kept for the backward pass,
 * and a probe that asks which activations are positive gets the gradient's own mask. `rectified` are nodes of the graph before the pass.
 */
export function maskOfRectified(rectified: ReadonlySet<Node>): Rule {
  return ({ builder, node, old }) => {
    const [before, x] = [comparedWithZero(old), comparedWithZero(node)];
    return before && x && rectified.has(before) ? positive(builder, builder.unary("relu", x)) : undefined;
  };
}

function comparedWithZero(node: Node): Node | undefined {
  if (node.op !== "binary" || node.attrs.fn !== "greater") return undefined;
  const [x, zero] = node.operands as [Node, Node];
  return isFilledWith(zero, 0) ? x : undefined;
}

function positive(builder: GraphBuilder, x: Node): Node {
  return builder.binary("greater", x, builder.scalar(0, x.dtype));
}
