/** Sums over something that was only turned for them: they are taken as it lies, and the small result is turned. */
import type { GraphBuilder } from "../builder.ts";
import { isScalar } from "../builder.ts";
import type { Node } from "../node.ts";
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
 * Sums over sequences of sums over tokens of what is rectified and was only turned: taken at once, as those are that tell which units
 * are silent, so that a probe's sums of activations cost nothing.
 */
export const sumRectifiedAtOnce: Rule = ({ builder, old, now }) => {
  const sums = summedOver(old, 0);
  const whole = sums && summedOver(sums, 1);
  if (whole?.shape.length !== 3) return undefined;
  const source = whole.op === "reshape" ? whole.operands[0]! : whole;
  if (source.shape.length !== 2 || whole.shape[2] !== source.shape[1]) return undefined;
  const lying = beforeTurning(builder, now(source));
  if (lying === undefined || !isRectified(lying)) return undefined;
  return builder.reshape(builder.reduce("sum", lying, [1], false), old.shape);
};

function summedOver(node: Node, axis: number): Node | undefined {
  if (node.op !== "reduce" || node.attrs.fn !== "sum" || node.attrs.keepDims) return undefined;
  return node.attrs.axes.join() === `${axis}` ? node.operands[0] : undefined;
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
