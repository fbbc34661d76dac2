/**
 * The small typed graph that a traced TensorFlow.js function becomes: nodes without side effects, one result each, in plain
 * tensor vocabulary. It knows neither TensorFlow.js nor what it is lowered to.
 */
import type { TypedArray } from "../../arrays/ndarray.ts";
import type { DType } from "../engine.ts";

export type UnaryFn =
  | "abs" | "acos" | "acosh" | "asin" | "asinh" | "atan" | "atanh" | "ceil" | "cos" | "cosh" | "erf" | "exp" | "expm1"
  | "floor" | "isInf" | "isNan" | "log" | "log1p" | "neg" | "not" | "reciprocal" | "relu" | "round" | "rsqrt" | "sigmoid"
  | "sign" | "sin" | "sinh" | "softplus" | "sqrt" | "tan" | "tanh"; // biome-ignore format: a table

export type ArithmeticFn = "add" | "sub" | "mul" | "div" | "pow" | "max" | "min" | "mod";
export type ComparisonFn = "equal" | "less" | "lessEqual" | "greater" | "greaterEqual";
export type LogicalFn = "and" | "or" | "xor";
export type BinaryFn = ArithmeticFn | ComparisonFn | LogicalFn;
export type ReduceFn = "sum" | "sumSquare" | "mean" | "max" | "min" | "prod" | "any" | "all";

/** What each operation carries besides its operands. Operands broadcast as in NumPy where there are two or three. */
export interface Attributes {
  /** A state entry or an input of the program. */
  input: { readonly name: string; readonly role: "state" | "input" };
  /** Values known when the graph was made, row-major. */
  constant: { readonly data: TypedArray };
  unary: { readonly fn: UnaryFn };
  /** Both operands have the same dtype; comparisons give bool. `mod` has the sign of the dividend. */
  binary: { readonly fn: BinaryFn };
  /** (condition, then, else). */
  select: Record<never, never>;
  /** bool to number is 0 or 1, float32 to int32 truncates, number to bool is `!= 0`. */
  cast: Record<never, never>;
  reshape: Record<never, never>;
  transpose: { readonly perm: readonly number[] };
  /** To the node's shape, NumPy rules. */
  broadcast: Record<never, never>;
  tile: { readonly reps: readonly number[] };
  slice: { readonly begin: readonly number[]; readonly strides: readonly number[] };
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  concat: { readonly axis: number };
  /** `axes` ascending and not empty; reduced lengths become 1 where `keepDims`, else vanish. */
  reduce: { readonly fn: ReduceFn; readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Of bools taken apart as `[a n b]`: how many are true along the middle, int32 `[a b]`. */
  count: { readonly apart: readonly [number, number, number] };
  /** Index of the first extreme along `axis`, int32. */
  argReduce: { readonly fn: "max" | "min"; readonly axis: number };
  /** Batched over leading dimensions, which broadcast; the flags transpose the last two. Of matrices: plus a row, if a third operand. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  softmax: { readonly axis: number; readonly log: boolean };
  /** (indices): 1 where the index equals the position on the new last axis, else 0; an index out of range gives zeros. */
  oneHot: { readonly depth: number };
  /** (x, indices): slices of `x` along `axis`. */
  gather: { readonly axis: number };
  /** (x, indices `[... k]`): each index picks from the first k axes. */
  gatherNd: Record<never, never>;
  /** (indices `[... k]`, updates, base): `base` with the updates added at, or put in place of, what the indices pick. */
  scatterNd: { readonly mode: "add" | "set" };
  cumsum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  /** Positions of what is true in a vector, ascending, int32. How many there are is known only when it runs: the shape is the most. */
  nonZero: Record<never, never>;
  /**
   * (condition, then, otherwise): one of two values by a bool scalar. Only the one that is asked for is computed, of those of one `group`
   * together; what is picked by a `nonZero` may be shorter than the shape says, and so may the value that nobody reads.
   */
  choose: { readonly group: string };
  /** (x, before…): `x`, computed after all of `before`: what those were made from is free again by then. */
  after: Record<never, never>;
  /** Along the last axis, largest first. */
  topK: { readonly k: number; readonly part: "values" | "indices" };
}

export type Op = keyof Attributes;

export interface NodeOf<O extends Op> {
  /** Unique in one graph; operands have smaller ids than what uses them. */
  readonly id: number;
  readonly op: O;
  readonly attrs: Attributes[O];
  readonly operands: readonly Node[];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A node, discriminated by `op`. */
export type Node = { [O in Op]: NodeOf<O> }[Op];

/** A whole program: what it returns, by name. Inputs are the `input` nodes that these reach. */
export interface Graph {
  /** Next values of the state entries that change. */
  readonly state: ReadonlyMap<string, Node>;
  readonly outputs: ReadonlyMap<string, Node>;
}

/** The operands whose values a node's own depends on. */
export function valuesOf(node: Node): readonly Node[] {
  return node.op === "after" ? node.operands.slice(0, 1) : node.operands;
}

/** Every node that the roots need, operands first; `by` gives what a node needs. */
export function reachable(
  roots: Iterable<Node>,
  by: (node: Node) => readonly Node[] = (node) => node.operands,
): Node[] {
  const seen = new Set<Node>();
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...by(node));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
