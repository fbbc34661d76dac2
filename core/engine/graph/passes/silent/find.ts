/** Finds MLPs whose silent units take no part in a training step: `relu(x W_in + b_in)`, squared or not, and what its gradient is made of. */
import { isScalar } from "../../builder.ts";
import { isFilledWith } from "../../fold.ts";
import { type Graph, type Node, type NodeOf, reachable, valuesOf } from "../../node.ts";
import { trainPath } from "../../rewrite.ts";
import { sameShape } from "../../shape.ts";

/** A sum in which silent units take no part, or whose result is zero for them. */
export interface Product {
  readonly node: NodeOf<"matmul"> | NodeOf<"reduce">;
  /** Which operand is zero for silent units. */
  readonly at: number;
  /** The result's axis of units; undefined where units are summed over. */
  readonly unitAxis: number | undefined;
}

/** One MLP on one batch. */
export interface RectifiedMlp {
  /** `[tokens units]`, as all of `zero` and `masks`. */
  readonly relu: NodeOf<"unary">;
  /** What it is made from: `x W_in` or `x W_in + b_in`. */
  readonly before: NodeOf<"matmul">;
  /** Zero, or false, in the columns of silent units, unless a factor is not finite. */
  readonly zero: ReadonlySet<Node>;
  /** The parameters' matrices, each with its axis of units. */
  readonly matrices: ReadonlyMap<Node, number>;
  /** `dy W_out^T`, which matter only for units that fire: what the gradient `dy` `[tokens d_model]` says to every unit. */
  readonly arriving: ReadonlySet<Node>;
  readonly forward: readonly Product[];
  /** All need a forward one, and none another one of these. */
  readonly backward: readonly Product[];
}

/** Every such MLP on the train path. Only what training needs decides. */
export function rectifiedMlps(graph: Graph): RectifiedMlp[] {
  if (graph.state.size === 0) return [];
  const path = trainPath(graph);
  const users = new Map<Node, Node[]>();
  for (const node of path)
    for (const operand of new Set(valuesOf(node))) users.set(operand, [...(users.get(operand) ?? []), node]);
  return path.flatMap((node) => (node.op === "unary" && node.attrs.fn === "relu" ? (matched(node, users) ?? []) : []));
}

function matched(relu: NodeOf<"unary">, users: ReadonlyMap<Node, readonly Node[]>): RectifiedMlp | undefined {
  const [before] = relu.operands;
  if (before?.op !== "matmul" || before.attrs.transposeA || !isParameter(before.operands[1]!)) return undefined;
  const matrices = new Map<Node, number>([[before.operands[1]!, before.attrs.transposeB ? 0 : 1]]);
  const zero = new Set<Node>([relu]);
  const arriving = new Set<Node>();
  const products: Product[] = [];
  for (const node of zero) {
    for (const user of users.get(node) ?? []) {
      if (zero.has(user)) continue;
      const product = productOf(user, zero);
      if (product !== undefined) products.push(product);
      else if (staysZero(user, zero, relu)) zero.add(user);
      else return undefined;
    }
  }
  for (const { operands } of [...zero].filter((node) => node !== relu)) {
    for (const operand of operands) {
      if (zero.has(operand) || isScalar(operand)) continue;
      const matrix = operand.operands[1];
      if (operand.op !== "matmul" || operand.operands.length > 2 || operand.attrs.transposeA) return undefined;
      if (!noteMatrix(matrices, matrix!, operand.attrs.transposeB ? 0 : 1)) return undefined;
      arriving.add(operand);
    }
  }
  for (const { node, at, unitAxis } of products) {
    if (unitAxis !== undefined || node.op !== "matmul") continue;
    const unitsOfOther = at === 0 ? (node.attrs.transposeB ? 1 : 0) : node.attrs.transposeA ? 0 : 1;
    if (!noteMatrix(matrices, node.operands[1 - at]!, unitsOfOther)) return undefined;
  }
  if (matrices.size !== 2) return undefined; // a gated MLP has three, and its product of two sides is watched as one
  const phases = inPhases(products);
  return phases && { relu, before, zero, matrices, arriving, ...phases };
}

function isParameter(node: Node): boolean {
  return node.op === "input" && node.attrs.role === "state" && node.shape.length === 2;
}

/** Remembers a matrix of parameters; false where it is none, or has its units elsewhere than before. */
function noteMatrix(matrices: Map<Node, number>, matrix: Node, unitAxis: number): boolean {
  if (!isParameter(matrix) || (matrices.get(matrix) ?? unitAxis) !== unitAxis) return false;
  matrices.set(matrix, unitAxis);
  return true;
}

function productOf(node: Node, zero: ReadonlySet<Node>): Product | undefined {
  if (node.op === "reduce") {
    const { fn, axes, keepDims } = node.attrs;
    return fn === "sum" && axes.join() === "0" && !keepDims ? { node, at: 0, unitAxis: 0 } : undefined;
  }
  if (node.op !== "matmul" || node.shape.length !== 2) return undefined;
  const [a, b] = node.operands as [Node, Node];
  if (zero.has(a) && zero.has(b)) return undefined;
  const at = zero.has(a) ? 0 : 1;
  const summedOver = at === 0 ? !node.attrs.transposeA : node.attrs.transposeB;
  if (summedOver) return { node, at, unitAxis: undefined };
  return node.operands.length === 2 ? { node, at, unitAxis: at } : undefined;
}

function staysZero(node: Node, zero: ReadonlySet<Node>, { shape }: Node): boolean {
  if (!sameShape(node.shape, shape)) return false;
  const [x, y, z] = node.operands as [Node, Node?, Node?];
  if (node.op === "cast") return true;
  if (node.op === "binary" && node.attrs.fn === "greater") return zero.has(x) && isFilledWith(y!, 0);
  if (node.op === "binary") return node.attrs.fn === "mul";
  return node.op === "select" && zero.has(x) && isFilledWith(z!, 0) && isScalar(z!);
}

/** First those that others need, then the others. */
function inPhases(products: readonly Product[]): Pick<RectifiedMlp, "forward" | "backward"> | undefined {
  const needed = products.map(({ node }) => new Set(reachable(node.operands)));
  const isForward = ({ node }: Product) => needed.some((nodes) => nodes.has(node));
  const forward = products.filter(isForward);
  const backward = products.filter((product) => !isForward(product));
  const early = forward.some(({ node }) =>
    forward.some((other) => other.node !== node && needed[products.indexOf(other)]!.has(node)),
  );
  const late = backward.every((product) => forward.some(({ node }) => needed[products.indexOf(product)]!.has(node)));
  return forward.length === 0 || backward.length === 0 || early || !late ? undefined : { forward, backward };
}
