/**
 * Walls that the compiler must not fuse across. It is free to fuse, and thereby to round, as suits what a program contains;
 * so what only observers need must not reach into the train path, or the next state would depend on who looks.
 */
import type { PrecisionName } from "../../engine.ts";
import type { Graph, Node } from "../../graph/node.ts";
import { trainPath } from "../../graph/rewrite.ts";
import { lowerNode } from "./lower.ts";
import type { Value } from "./types.ts";
import type { StablehloWriter } from "./writer.ts";

export interface Separation {
  /** An operand as its user is to see it. */
  operand(user: Node, operand: Node): Value;
  /** A node's value as all its users are to see it. */
  result(node: Node, value: Value): Value;
}

/** Walls for a graph whose nodes' values are being filled into `values`. */
export function separation(
  graph: Graph,
  values: ReadonlyMap<Node, Value>,
  writer: StablehloWriter,
  precision: PrecisionName,
): Separation {
  const trained = new Set(graph.state.size > 0 ? trainPath(graph) : []);
  const barrier = (value: Value) => writer.same("stablehlo.optimization_barrier", value);
  /** In bfloat16 a rectified product is stored as that: signs are those of the rounded values, and a pass over them costs half. */
  const wall = (node: Node, value: Value) =>
    precision === "bfloat16" && isRectifiedProduct(node)
      ? writer.convert(barrier(writer.convert(value, "bf16")), "f32")
      : barrier(value);
  const rectified = new Set([...trained].flatMap((node) => (isRectifiedProduct(node) ? node.operands : [])));

  /** A train-path value for observers: behind a wall, or computed anew where the train path does not store it. */
  function observed(node: Node): Value {
    const anew = rectified.has(node) || isCheap(node);
    if (!anew || node.op === "input") return wall(node, values.get(node)!);
    const operands = node.operands.map((operand) => wall(operand, values.get(operand)!));
    return lowerNode(node, { writer, operands, precision });
  }

  return {
    operand(user, operand) {
      const crosses = trained.has(operand) && !trained.has(user) && operand.op !== "input" && operand.op !== "constant";
      return crosses ? observed(operand) : values.get(operand)!;
    },
    // Behind a wall, signs in the backward pass are taken from the rectified value. So the product before it has one user, and
    // becomes one kernel with its bias and the rectifier: one pass over `[tokens d_mlp]` instead of five.
    result: (node, value) => (trained.has(node) && isRectifiedProduct(node) ? wall(node, value) : value),
  };
}

/**
 * What would be stored for observers alone, and takes no more to read where it is made of: numbers that stand for truth values, which
 * have four times their size, and what is made of a single product element by element, as a gradient's squares are.
 */
function isCheap(node: Node): boolean {
  if (node.op === "cast") return true;
  if (isRectifiedProduct(node) || (node.op !== "unary" && node.op !== "binary")) return false;
  const [of, ...others] = new Set(node.operands);
  return of!.op === "matmul" && others.length === 0;
}

/** relu straight after a matrix product. */
function isRectifiedProduct(node: Node): boolean {
  return node.op === "unary" && node.attrs.fn === "relu" && node.operands[0]!.op === "matmul";
}
