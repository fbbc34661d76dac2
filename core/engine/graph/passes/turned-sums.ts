/** Sums over something that was only turned for them: they are taken as it lies, and the small result is turned. */
import type { GraphBuilder } from "../builder.ts";
import { isScalar } from "../builder.ts";
import { isFilledWith } from "../fold.ts";
import { type Graph, type Node, reachable } from "../node.ts";
import type { Rule } from "../rewrite.ts";
import { isRectified } from "./signs.ts";

/** `reduce(reshape(f(transpose x)))` for elementwise f, where the reshape leaves the last axis alone. */
export const reduceTurned: Rule = ({ builder, node }) => {
  if (node.op !== "reduce") return undefined;
  const [whole] = node.operands as [Node];
  const source = whole.op === "reshape" ? whole.operands[0]! : whole;
  if (source.shape.length !== 2 || whole.shape.at(-1) !== source.shape[1]) return undefined;
  const lying = beforeTurning(builder, source);
  if (lying === undefined) return undefined;
  const last = whole.shape.length - 1;
  // All but the turned axis: no need to take the others apart, and others may have summed so too.
  if (node.attrs.axes.length === last && !node.attrs.axes.includes(last))
    return builder.reshape(builder.reduce(node.attrs.fn, lying, [1], false), node.shape);
  const apart = builder.reshape(lying, [whole.shape[last]!, ...whole.shape.slice(0, last)]);
  const { fn, axes } = node.attrs;
  const moved = axes.map((axis) => (axis === last ? 0 : axis + 1));
  const sums = builder.reduce(fn, apart, moved, false);
  if (axes.includes(last)) return builder.reshape(sums, node.shape);
  const rank = sums.shape.length;
  const perm = Array.from({ length: rank }, (_, axis) => (axis + 1) % rank);
  return builder.reshape(builder.transpose(sums, perm), node.shape);
};

/**
 * `sum(x) <= 0` of what is rectified, over sums that somebody takes anyway of parts of it: no probe then takes sums of activations, or
 * asks which sequences hold a unit, at the cost of another pass. Whoever looks decides how it is summed, but not what comes of it:
 * such a sum is 0 if and only if all is, and NaN if anything is.
 */
export function silentByParts(graph: Graph): Rule {
  const parts = new Map<Node, readonly number[]>();
  for (const { op, attrs, operands } of reachable([...graph.state.values(), ...graph.outputs.values()])) {
    if (op !== "reduce" || attrs.fn !== "sum" || attrs.keepDims || attrs.axes.join() !== "2") continue;
    const [apart] = operands as [Node];
    const whole = apart.op === "reshape" ? apart.operands[0]! : apart;
    if (apart.shape.length === 3 && whole.shape.length === 2 && apart.shape[0] === whole.shape[0])
      parts.set(whole, apart.shape);
  }
  return ({ builder, node, old, now }) => {
    if (node.op !== "binary" || node.attrs.fn !== "lessEqual" || !isFilledWith(old.operands[1]!, 0)) return undefined;
    const [sum] = old.operands as [Node];
    if (sum.op !== "reduce" || sum.attrs.fn !== "sum" || sum.attrs.axes.join() !== "1") return undefined;
    const [whole] = sum.operands as [Node];
    const shape = parts.get(whole);
    if (shape === undefined || !isRectified(whole)) return undefined;
    const sums = builder.reduce("sum", builder.reshape(now(whole), shape), [2], false);
    return builder.binary("lessEqual", builder.reduce("sum", sums, [1], false), node.operands[1]!);
  };
}

/** `y` where x is `y` transposed; undefined where it is not. */
function beforeTurning(builder: GraphBuilder, x: Node): Node | undefined {
  if (x.op === "transpose") return x.attrs.perm.join() === "1,0" ? x.operands[0] : undefined;
  const [a, b] = x.operands as [Node, Node?];
  if (x.op === "binary") {
    if (!b || !isScalar(b)) return undefined;
    const y = beforeTurning(builder, a);
    return y && builder.binary(x.attrs.fn, y, b);
  }
  if (x.op !== "unary" && x.op !== "cast") return undefined;
  const y = beforeTurning(builder, a);
  return y && builder.remake(x, [y]);
}
