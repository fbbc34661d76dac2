/** ONNX for products, reductions and order statistics. */
import type { Node, NodeOf, ReduceFn } from "../graph/node.ts";
import { castTo } from "./lower-elementwise.ts";
import { dataTypes } from "./model-proto.ts";
import type { Lowering, Rules } from "./rule.ts";

const reductions: Record<ReduceFn, string> = {
  sum: "ReduceSum", sumSquare: "ReduceSumSquare", mean: "ReduceMean", max: "ReduceMax", min: "ReduceMin", prod: "ReduceProd", any: "ReduceMax", all: "ReduceMin",
}; // biome-ignore format: a table

export const computeRules: Rules = {
  reduce: (node, { writer: w, operands, as, whole }) => {
    const { fn, axes, keepDims } = node.attrs;
    const attributes = { keepdims: keepDims ? 1 : 0 };
    const down = whole ? rowsSummed(node) : undefined;
    if (down !== undefined) {
      const ones = w.once(`${down} ones`, () => w.initializer("float32", [1, down], new Float32Array(down).fill(1)));
      const sums = w.emit("MatMul", [ones, operands[0]!]);
      const found = fn === "sum" ? sums : w.emit("Mul", [sums, w.scalar(1 / down, "float32")]);
      return w.emit("Reshape", [found, w.ints(node.shape)], {}, as);
    }
    if (fn !== "any" && fn !== "all") return w.emit(reductions[fn], [operands[0]!, w.ints(axes)], attributes, as);
    const numeric = castTo(w, operands[0]!, "int32");
    return castTo(w, w.emit(reductions[fn], [numeric, w.ints(axes)], attributes), "bool", as);
  },
  count: (node, { writer: w, operands, as }) => {
    const [a, n, b] = node.attrs.apart;
    const bytes = w.once(`bytes of ${operands[0]}`, () => w.emit("Cast", operands, { to: dataTypes.uint8 }));
    const truth = w.emit("Reshape", [bytes, w.ints(b === 1 ? [a, n] : [a, n, b])]);
    const ones = (shape: readonly number[]) => w.initializer("uint8", shape, new Uint8Array(n).fill(1));
    const pair = b === 1 ? [truth, ones([n, 1])] : [ones([1, n]), truth];
    return w.emit("Reshape", [w.emit("MatMulInteger", pair), w.ints(node.shape)], {}, as);
  },
  argReduce: (node, { writer: w, operands, as }) => {
    const { fn, axis } = node.attrs;
    const bool = node.operands[0]!.dtype === "bool";
    const numeric = bool ? castTo(w, operands[0]!, "int32") : operands[0]!;
    const index = w.emit(fn === "max" ? "ArgMax" : "ArgMin", [numeric], { axis, keepdims: 0 });
    return castTo(w, index, "int32", as);
  },
  matmul: (node, lowering) => {
    const { writer, operands, as } = lowering;
    if (!isColumn(node.operands[2])) return multiplied(node, lowering);
    // Gemm would first spread it over the result, on one thread.
    const two = { ...node, operands: node.operands.slice(0, 2) };
    const product = multiplied(two, { ...lowering, operands: operands.slice(0, 2), as: undefined });
    return writer.emit("Add", [product, operands[2]!], {}, as);
  },
  softmax: (node, { writer, operands, as }) =>
    writer.emit(node.attrs.log ? "LogSoftmax" : "Softmax", operands, { axis: node.attrs.axis }, as),
  cumsum: (node, { writer: w, operands, as }) => {
    const { axis, exclusive, reverse } = node.attrs;
    const numeric = node.dtype === "bool" ? castTo(w, operands[0]!, "int32") : operands[0]!;
    return w.emit(
      "CumSum",
      [numeric, w.ints([axis], [])],
      { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
      as,
    );
  },
  nonZero: (_, { writer: w, operands, as }) => {
    const positions = w.emit("Reshape", [w.emit("NonZero", operands), w.ints([-1])]);
    return castTo(w, positions, "int32", as);
  },
  topK: (node, { writer: w, operands, as }) => {
    const inputs = [operands[0]!, w.ints([node.attrs.k])];
    const [values, indices] = w.emitPair("TopK", inputs, { axis: -1 });
    return node.attrs.part === "values" ? w.rename(values, as) : castTo(w, indices, "int32", as);
  },
};

/** Columns and elements from which on a matrix is summed downwards by a product with ones: two to three times as fast as a reduction. */
const [manyColumns, manyElements] = [1024, 2 ** 16];

/** How many rows, of such a sum or mean. */
function rowsSummed({ attrs: { fn, axes }, operands: [x], dtype }: NodeOf<"reduce">): number | undefined {
  if ((fn !== "sum" && fn !== "mean") || dtype !== "float32" || x!.shape.length !== 2) return undefined;
  const [rows, columns] = x!.shape as [number, number];
  const many = columns >= manyColumns && rows * columns >= manyElements;
  return many && axes.length === 1 && axes[0] === 0 ? rows : undefined;
}

/** A product, and a row added to each of its rows where there is one. */
function multiplied(node: NodeOf<"matmul">, lowering: Lowering): string {
  const { writer: w, operands, as, whole } = lowering;
  const blocks = whole ? blocksOf(node) : undefined;
  if (blocks !== undefined) return inBlocks(node, blocks, lowering);
  const { transposeA, transposeB } = node.attrs;
  if (operands.length === 2 && !transposeA && !transposeB) return w.emit("MatMul", operands, {}, as);
  const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  const matrices = node.operands.slice(0, 2).every(({ shape }) => shape.length === 2);
  if (matrices) return w.emit("Gemm", operands, flags, as);
  return w.emitMicrosoft("FusedMatMul", operands, flags, as);
}

/** Rows from which on a product is computed in blocks of them, and rows of a block. */
const [manyRows, blockRows] = [8192, 1024];

/**
 * How many blocks of rows a tall product is computed in. Its kernel goes over all rows once for every few columns: with so many rows,
 * each some pages from the next, it waits for their addresses. In blocks it took 49 ms in place of 66 for `[16384 1024]` by `[1024 512]`
 * (two threads of a Zen 5 EPYC), the same numbers to the bit; up to 4 096 rows it gains nothing.
 */
function blocksOf({ attrs, operands: [a, b, bias], shape }: NodeOf<"matmul">): number | undefined {
  if (attrs.transposeA || a!.shape.length !== 2 || b!.shape.length !== 2 || bias !== undefined) return undefined;
  const [rows, columns] = shape as [number, number];
  if (rows < manyRows || rows % (2 * blockRows) !== 0 || columns > rows / 4 || columns === 1) return undefined;
  return rows / blockRows;
}

/** The product as that many; ONNX Runtime would take them as one again if the other matrix were not there twice. */
function inBlocks(
  { attrs: { transposeB }, operands, shape }: NodeOf<"matmul">,
  blocks: number,
  { writer: w, operands: [a, b], as }: Lowering,
): string {
  const rows = w.emit("Reshape", [a!, w.ints([2, blocks / 2, blockRows, operands[0]!.shape[1]!])]);
  const twice = w.emit("Expand", [b!, w.ints([2, 1, ...operands[1]!.shape])]);
  const products = transposeB
    ? w.emitMicrosoft("FusedMatMul", [rows, twice], { transA: 0, transB: 1 })
    : w.emit("MatMul", [rows, twice]);
  return w.emit("Reshape", [products, w.ints(shape)], {}, as);
}

function isColumn(bias: Node | undefined): boolean {
  return bias?.shape.length === 2 && bias.shape[0]! > 1 && bias.shape[1] === 1;
}
