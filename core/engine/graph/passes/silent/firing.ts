/**
 * Which units of an MLP may not be left out. Nothing that is not finite is hidden: a unit is silent when the sum of its rectified values is
 * <= 0, which NaN is not, and all its weights are finite; and zeros are `0 x` what a product would have multiplied them with.
 */
import type { GraphBuilder } from "../../builder.ts";
import type { Node } from "../../node.ts";
import type { Product, RectifiedMlp } from "./find.ts";
import type { Sideways } from "./sideways.ts";

export interface Firing {
  /** Whether few enough fire; a bool scalar. */
  readonly few: Node;
  /** Which fire, ascending. */
  readonly positions: Node;
  /** Where each unit stands among those that fire, from 1; 0 for the others. */
  readonly places: Node;
}

/** `most`: how many may fire for them to be few. */
export function firing(b: GraphBuilder, mlp: RectifiedMlp, { relu, matrix }: Sideways, most: number): Firing {
  const units = relu.shape[0]!;
  const noughts = [...mlp.matrices.keys()].map((old) => nought(b, matrix(old)));
  const bias = relu.operands[0]!.operands[2];
  if (bias !== undefined) noughts.push(b.binary("mul", b.reshape(bias, [units]), b.scalar(0)));
  const finite = noughts.map((zeros) => b.binary("equal", zeros, b.scalar(0)));
  const quiet = b.binary("lessEqual", b.reduce("sum", relu, [1], false), b.scalar(0));
  const silent = [quiet, ...finite].reduce((x, y) => b.binary("and", x, y));
  // The first unit always comes along, so that no product is empty.
  const first = Uint8Array.from({ length: units }, (_, i) => (i === 0 ? 1 : 0));
  const fires = b.binary("or", b.unary("not", silent), b.constant(first, [units], "bool"));
  const ones = b.cast(fires, "int32");
  const counted = b.make("cumsum", { axis: 0, exclusive: false, reverse: false }, [ones], [units], "int32");
  return {
    few: b.binary("lessEqual", b.reduce("sum", ones, [0], false), b.scalar(most, "int32")),
    positions: b.make("nonZero", {}, [fires], [units], "int32"),
    places: b.binary("mul", ones, counted),
  };
}

/** `0 x` the weights of each unit, summed: 0, or NaN where one is not finite. `rows` is `[units d_model]`. */
function nought(b: GraphBuilder, rows: Node): Node {
  const [units, d_model] = rows.shape as [number, number];
  return b.reshape(b.matmul(rows, b.fill(0, [d_model, 1], "float32"), false, false), [units]);
}

/** What a product of zeros with its other factor comes to, as a row for a silent unit: zeros, or NaN where that is not finite. */
export function zeros(b: GraphBuilder, mlp: RectifiedMlp, { node, at }: Product, now: (old: Node) => Node): Node {
  const columns = (x: Node) => b.reduce("sum", now(x), [0], false);
  const arrived = [...mlp.arriving].map(({ operands }) => b.reduce("sum", columns(operands[0]!), [0], false));
  // What is rectified is zero by itself; what else is zero is so by a mask.
  const own = node.operands[at] === mlp.relu ? [] : arrived;
  const factors = node.op === "matmul" ? [columns(node.operands[1 - at]!), ...own] : own;
  const sum = factors.map((x) => b.binary("mul", x, b.scalar(0))).reduce((x, y) => b.binary("add", x, y));
  return b.reshape(sum, node.op === "matmul" ? [1, sum.shape[0]!] : [1]);
}
