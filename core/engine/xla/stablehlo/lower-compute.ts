/** StableHLO for products, reductions and order statistics. */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { PrecisionName } from "../../engine.ts";
import { isFilledWith } from "../../graph/fold.ts";
import type { NodeOf, ReduceFn } from "../../graph/node.ts";
import { broadcastShape } from "../../graph/shape.ts";
import type { LoweringRule } from "./rule.ts";
import { type Element, tensorType, typeOf, type Value } from "./types.ts";
import { list, type StablehloWriter } from "./writer.ts";

const least = (element: Element) => (element === "i32" ? -(2 ** 31) : Number.NEGATIVE_INFINITY);
const greatest = (element: Element) => (element === "i32" ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY);

const reducers: Readonly<Record<ReduceFn, { readonly op: string; initial(element: Element): number }>> = {
  sum: { op: "stablehlo.add", initial: () => 0 },
  sumSquare: { op: "stablehlo.add", initial: () => 0 },
  mean: { op: "stablehlo.add", initial: () => 0 },
  max: { op: "stablehlo.maximum", initial: least },
  min: { op: "stablehlo.minimum", initial: greatest },
  prod: { op: "stablehlo.multiply", initial: () => 1 },
  any: { op: "stablehlo.or", initial: () => 0 },
  all: { op: "stablehlo.and", initial: () => 1 },
};

function reduced(w: StablehloWriter, fn: ReduceFn, x: Value, axes: readonly number[]): Value {
  const { op, initial } = reducers[fn];
  const terms = fn === "sumSquare" ? w.same("stablehlo.multiply", x, x) : x;
  const total = w.reduce(op, terms, axes, initial(x.element));
  if (fn !== "mean") return total;
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  return w.same("stablehlo.divide", total, w.fill(count, total.shape, total.element));
}

/** `x` reduced along one axis and stretched back over it. */
function along(w: StablehloWriter, fn: ReduceFn, x: Value, axis: number): Value {
  const dims = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return w.broadcastInDim(reduced(w, fn, x, [axis]), dims, x.shape);
}

/** The leading axes of a product's operand brought to the common ones; an operand that has none goes without. */
function batched(w: StablehloWriter, x: Value, batch: readonly number[]): Value {
  return w.broadcast(x, [...batch, ...x.shape.slice(-2)]);
}

/**
 * Operands in the precision's element type; the result too, where it is an activation: only a gradient of weights, a sum over
 * all tokens (`transposeA`), comes out in float32. Sums are float32 everywhere.
 */
function product(
  w: StablehloWriter,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  precision: PrecisionName,
): Value {
  const [rankA, rankB] = [a.shape.length, b.shape.length];
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const plainRight = rankB === 2; // the result's axes are then those of `a` but for the last
  const [x, y] = plainRight ? [a, b] : [batched(w, a, batch), batched(w, b, batch)];
  const shared = plainRight && !(transposeA && rankA > 2) ? 0 : batch.length;
  const right = shared > 0 && plainRight ? batched(w, y, batch) : y;
  const innerA = x.shape.length - (transposeA ? 2 : 1);
  const innerB = right.shape.length - (transposeB ? 1 : 2);
  const rows = x.shape.at(transposeA ? -1 : -2)!;
  const columns = right.shape.at(transposeB ? -2 : -1)!;
  const shape = [...batch, rows, columns];
  const compute: Element = precision === "bfloat16" ? "bf16" : "f32";
  const result: Element = transposeA && batch.length === 0 ? "f32" : compute;
  const [p, q] = [w.convert(x, compute), w.convert(right, compute)];
  const axes = Array.from({ length: shared }, (_, i) => i);
  const batching = shared > 0 ? `batching_dims = ${list(axes)} x ${list(axes)}, ` : "";
  const how = precision === "float32" ? "HIGHEST" : "DEFAULT";
  const dims = `${batching}contracting_dims = [${innerA}] x [${innerB}], precision = [${how}, ${how}]`;
  const types = `(${typeOf(p)}, ${typeOf(q)}) -> ${tensorType(shape, result)}`;
  const dot = w.emit(`stablehlo.dot_general ${p.name}, ${q.name}, ${dims} : ${types}`, shape, result);
  return w.convert(dot, "f32");
}

/** A row of ones times a matrix: a sum, which takes no product to make, and is not rounded as factors of products are. */
function addsColumns({ operands, attrs, shape }: NodeOf<"matmul">): boolean {
  const [a, b] = operands;
  return (
    operands.length === 2 &&
    shape.length === 2 &&
    shape[0] === 1 &&
    isFilledWith(a!, 1) &&
    b!.shape.length === 2 &&
    !attrs.transposeB
  );
}

/** Sums of windows that reach back to the start, or on to the end. */
function runningSums(w: StablehloWriter, x: Value, axis: number, exclusive: boolean, reverse: boolean): Value {
  const length = x.shape[axis]!;
  const none = x.shape.map(() => 0);
  const [before, after] = reverse ? [-1, 1] : [1, -1];
  const from = exclusive ? w.pad(x, none.with(axis, before), none.with(axis, after), 0) : x;
  const window = x.shape.map((_, i) => (i === axis ? length : 1));
  const padding = x.shape.map((_, i) =>
    i !== axis ? "[0, 0]" : reverse ? `[0, ${length - 1}]` : `[${length - 1}, 0]`,
  );
  const zero = w.fill(0, [], x.element);
  const scalar = typeOf(zero);
  const text = `"stablehlo.reduce_window"(${from.name}, ${zero.name}) <{window_dimensions = array<i64: ${window.join(", ")}>, padding = dense<${list(padding)}> : tensor<${x.shape.length}x2xi64>}> ({
    ^bb0(%a: ${scalar}, %b: ${scalar}):
      %s = stablehlo.add %a, %b : ${scalar}
      stablehlo.return %s : ${scalar}
    }) : (${typeOf(x)}, ${scalar}) -> ${typeOf(x)}`;
  return w.emit(text, x.shape, x.element);
}

interface ComputeRules {
  readonly reduce: LoweringRule<"reduce">;
  readonly argReduce: LoweringRule<"argReduce">;
  readonly matmul: LoweringRule<"matmul">;
  readonly softmax: LoweringRule<"softmax">;
  readonly cumsum: LoweringRule<"cumsum">;
  readonly topK: LoweringRule<"topK">;
}

export const computeRules: ComputeRules = {
  reduce: (node, { writer, operands }) =>
    writer.reshape(reduced(writer, node.attrs.fn, operands[0]!, node.attrs.axes), node.shape),
  // The smallest index at which the extreme is found.
  argReduce: (node, { writer: w, operands }) => {
    const { fn, axis } = node.attrs;
    const x = operands[0]!.element === "i1" ? w.convert(operands[0]!, "i32") : operands[0]!;
    const found = w.compare("EQ", x, along(w, fn, x, axis));
    const last = x.shape[axis]! - 1;
    const at = w.select(found, w.iota(axis, x.shape), w.fill(last, x.shape, "i32"));
    return w.reduce("stablehlo.minimum", at, [axis], last);
  },
  matmul: (node, { writer, operands, precision }) => {
    const [a, b, bias] = operands as [Value, Value, Value | undefined];
    const { transposeA, transposeB } = node.attrs;
    if (addsColumns(node)) return writer.reshape(reduced(writer, "sum", b, [0]), node.shape);
    const dot = product(writer, a, b, transposeA, transposeB, precision);
    return bias === undefined ? dot : writer.binary("stablehlo.add", dot, bias);
  },
  softmax: (node, { writer: w, operands }) => {
    const [x] = operands as [Value];
    const { axis, log } = node.attrs;
    const shifted = w.same("stablehlo.subtract", x, along(w, "max", x, axis));
    const exponentials = w.same("stablehlo.exponential", shifted);
    const total = along(w, "sum", exponentials, axis);
    if (!log) return w.same("stablehlo.divide", exponentials, total);
    return w.same("stablehlo.subtract", shifted, w.same("stablehlo.log", total));
  },
  cumsum: (node, { writer, operands }) => {
    const { axis, exclusive, reverse } = node.attrs;
    return runningSums(writer, operands[0]!, axis, exclusive, reverse);
  },
  topK: (node, { writer: w, operands }) => {
    const [x] = operands as [Value];
    const { k, part } = node.attrs;
    const values = { shape: node.shape, element: x.element };
    const indices = { shape: node.shape, element: "i32" } as const;
    const types = `${tensorType(node.shape, x.element)}, ${tensorType(node.shape, "i32")}`;
    const both = w.emitMany(`chlo.top_k(${x.name}, k = ${k}) : ${typeOf(x)} -> (${types})`, [values, indices]);
    return both[part === "values" ? 0 : 1]!;
  },
};
