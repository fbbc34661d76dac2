/** What arithmetic on known scalars comes to. */
import type { TypedArray } from "../../arrays/ndarray.ts";
import type { DType } from "../engine.ts";
import type { BinaryFn, Node, NodeOf } from "./node.ts";

/** Whether a node's values are known. */
export function isConstant(node: Node): node is NodeOf<"constant"> {
  return node.op === "constant";
}

/** The value of a constant with one element; undefined for anything else. */
export function scalarOf(node: Node): number | undefined {
  return isConstant(node) && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
}

/** Whether every element of a node is known to be `value`. */
export function isFilledWith(node: Node, value: number): boolean {
  return node.op === "broadcast" ? isFilledWith(node.operands[0]!, value) : scalarOf(node) === value;
}

/** Whether `x fn y` is `x` (up to the sign of zero) for every x. */
export function isIdentityOperand(fn: BinaryFn, y: Node): boolean {
  const value = scalarOf(y);
  if (fn === "add" || fn === "sub") return value === 0;
  return (fn === "mul" || fn === "div" || fn === "pow") && value === 1;
}

const float: Partial<Record<BinaryFn, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  max: Math.max,
  min: Math.min,
};

/** The result of float32 arithmetic on two one-element constants; undefined where it is not that. */
export function foldBinary(fn: BinaryFn, a: Node, b: Node, dtype: DType): TypedArray | undefined {
  const [x, y, compute] = [scalarOf(a), scalarOf(b), float[fn]];
  if (dtype !== "float32" || x === undefined || y === undefined || compute === undefined) return undefined;
  return Float32Array.of(compute(x, y));
}
