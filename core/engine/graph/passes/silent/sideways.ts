/** An MLP with its units along the rows: `[units tokens]`. */
import type { GraphBuilder } from "../../builder.ts";
import type { Node } from "../../node.ts";
import type { Product, RectifiedMlp } from "./find.ts";

/** Some of the units, or all of them. */
export interface Sideways {
  /** Rectified values, `[units tokens]`. */
  readonly relu: Node;
  /** A matrix of parameters, `[units d_model]`. */
  matrix(old: Node): Node;
}

export function transposed(builder: GraphBuilder, x: Node): Node {
  return builder.transpose(x, [1, 0]);
}

/** A matrix of parameters with a row for each unit. */
export function rowsOf(b: GraphBuilder, { matrices }: RectifiedMlp, old: Node, now: (old: Node) => Node): Node {
  return matrices.get(old) === 0 ? now(old) : transposed(b, now(old));
}

/** The MLP's hidden layer, turned: `W_in^T x^T + b_in`, and rectified. */
export function turned(b: GraphBuilder, mlp: RectifiedMlp, now: (old: Node) => Node) {
  const [x, W_in, b_in] = mlp.before.operands as [Node, Node, Node?];
  const [tokens, units] = mlp.before.shape as [number, number];
  const bias = b_in === undefined ? [] : [b.reshape(now(b_in), [units, 1])];
  // A product with both sides transposed is slow; the weights, turned once, serve the gradient too.
  const operands = [rowsOf(b, mlp, W_in, now), now(x), ...bias];
  const before = b.make("matmul", { transposeA: false, transposeB: true }, operands, [units, tokens], "float32");
  return { before, relu: b.unary("relu", before) };
}

/** A product over the units of `of`. Units that its result has stand along its first axis. */
export function multiplied(
  b: GraphBuilder,
  mlp: RectifiedMlp,
  { node, at, unitAxis }: Product,
  of: Sideways,
  now: (old: Node) => Node,
): Node {
  const side = (old: Node): Node => {
    if (old === mlp.relu) return of.relu;
    if (mlp.arriving.has(old)) return b.matmul(of.matrix(old.operands[1]!), now(old.operands[0]!), false, true);
    if (!mlp.zero.has(old)) return now(old);
    const operands = old.operands.map(side);
    if (old.op !== "select") return b.remake(old, operands);
    const [mask, then, otherwise] = operands as [Node, Node, Node];
    return b.select(mask, then, otherwise);
  };
  const zero = side(node.operands[at]!);
  if (node.op === "reduce") return b.reduce("sum", zero, [1], false);
  const other = node.operands[1 - at]!;
  const { transposeA, transposeB } = node.attrs;
  if (unitAxis !== undefined) return b.matmul(zero, now(other), false, at === 0 ? transposeB : !transposeA);
  const bias = node.operands.slice(2).map(now);
  const [x, y] = at === 0 ? [zero, of.matrix(other)] : [of.matrix(other), zero];
  return b.make("matmul", { transposeA: true, transposeB: false }, [x, y, ...bias], node.shape, node.dtype);
}
