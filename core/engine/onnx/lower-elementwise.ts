/** ONNX for elementwise operations. */
import { sizeOf } from "../../arrays/ndarray.ts";
import type { BinaryFn, Node, NodeOf, UnaryFn } from "../graph/node.ts";
import { isRectified } from "../graph/passes/signs.ts";
import { type DataType, dataTypes } from "./model-proto.ts";
import type { Lowering, Rules } from "./rule.ts";
import type { OnnxWriter } from "./writer.ts";

const unaryOps: Partial<Record<UnaryFn, string>> = {
  abs: "Abs", acos: "Acos", acosh: "Acosh", asin: "Asin", asinh: "Asinh", atan: "Atan", atanh: "Atanh", ceil: "Ceil", cos: "Cos",
  cosh: "Cosh", erf: "Erf", exp: "Exp", floor: "Floor", isInf: "IsInf", isNan: "IsNaN", log: "Log", neg: "Neg", not: "Not",
  reciprocal: "Reciprocal", relu: "Relu", round: "Round", sigmoid: "Sigmoid", sign: "Sign", sin: "Sin", sinh: "Sinh",
  softplus: "Softplus", sqrt: "Sqrt", tan: "Tan", tanh: "Tanh",
}; // biome-ignore format: a table

const binaryOps: Record<BinaryFn, string> = {
  add: "Add", sub: "Sub", mul: "Mul", div: "Div", pow: "Pow", max: "Max", min: "Min", mod: "Mod", equal: "Equal", less: "Less",
  lessEqual: "LessOrEqual", greater: "Greater", greaterEqual: "GreaterOrEqual", and: "And", or: "Or", xor: "Xor",
}; // biome-ignore format: a table

/** Functions that ONNX has no operator for. */
const composed: Partial<Record<UnaryFn, (w: OnnxWriter, x: string, as: string | undefined) => string>> = {
  rsqrt: (w, x, as) => w.emit("Reciprocal", [w.emit("Sqrt", [x])], {}, as),
  // exp(x) - 1 = tanh(x / 2) (exp(x) + 1), which keeps its digits near 0.
  expm1: (w, x, as) => {
    const half = w.emit("Tanh", [w.emit("Mul", [x, w.scalar(0.5)])]);
    return w.emit("Mul", [half, w.emit("Add", [w.emit("Exp", [x]), w.scalar(1)])], {}, as);
  },
  // With u = fl(1 + x): log(u) x / (u - 1) corrects the rounding of u (Kahan); plain log(u) where u - 1 is exact enough or infinite.
  log1p: (w, x, as) => {
    const one = w.scalar(1);
    const u = w.emit("Add", [x, one]);
    const rounded = w.emit("Sub", [u, one]);
    const log = w.emit("Log", [u]);
    const corrected = w.emit("Mul", [log, w.emit("Div", [x, rounded])]);
    const small = w.emit("Where", [w.emit("Equal", [rounded, w.scalar(0)]), x, corrected]);
    return w.emit("Where", [w.emit("Greater", [x, one]), log, small], {}, as);
  },
};

const asInt = (w: OnnxWriter, x: string) => w.emit("Cast", [x], { to: dataTypes.int32 });

function unary({ attrs: { fn }, operands: [x] }: NodeOf<"unary">, { writer: w, operands, as }: Lowering): string {
  if (fn === "sign" && isRectified(x!)) return signOfRectified(w, operands[0]!, as);
  const compose = composed[fn];
  return compose === undefined ? w.emit(unaryOps[fn]!, operands, {}, as) : compose(w, operands[0]!, as);
}

/** 1 for numbers from 1.2e-38 on, below which they count as zero: `max(0, min(1, 3e38 x))`, where Sign has a slow kernel. */
function signOfRectified(w: OnnxWriter, x: string, as: string | undefined): string {
  return w.emit("HardSigmoid", [x], { alpha: { float: 3e38 }, beta: { float: 0 } }, as);
}

function binary(node: NodeOf<"binary">, { writer: w, operands, as }: Lowering): string {
  const { fn } = node.attrs;
  // Comparisons of booleans other than equality have no kernel.
  const plain = node.operands[0]!.dtype !== "bool" || fn === "and" || fn === "or" || fn === "xor" || fn === "equal";
  const inputs = plain ? operands : operands.map((x) => asInt(w, x));
  // On integers ONNX's Div truncates, as the graph's does; its Mod takes the dividend's sign only with fmod.
  const attributes = fn === "mod" ? { fmod: 1 } : {};
  if (!isLongColumnWithScalar(node)) return w.emit(binaryOps[fn], inputs, attributes, as);
  const flat = inputs.map((x, i) => (sizeOf(node.operands[i]!.shape) === 1 ? x : w.emit("Reshape", [x, w.ints([-1])])));
  return w.emit("Reshape", [w.emit(binaryOps[fn], flat, attributes), w.ints(node.shape)], {}, as);
}

/** A scalar meets rows one after another, of which there are many with one number each: 27 times as slow as one row of all. */
function isLongColumnWithScalar({ operands: [a, b], shape }: NodeOf<"binary">): boolean {
  if (shape.at(-1) !== 1 || sizeOf(shape) < 4096) return false;
  return sizeOf(a!.shape) === 1 || sizeOf(b!.shape) === 1;
}

/** Where has kernels for numbers only. */
function select(node: Node, { writer: w, operands, as }: Lowering): string {
  const [condition, then, otherwise] = operands as [string, string, string];
  if (node.dtype !== "bool") return w.emit("Where", operands, {}, as);
  const yes = w.emit("And", [condition, then]);
  return w.emit("Or", [yes, w.emit("And", [w.emit("Not", [condition]), otherwise])], {}, as);
}

/** A cast to `dtype`. */
export function castTo(w: OnnxWriter, x: string, dtype: DataType, as?: string): string {
  return w.emit("Cast", [x], { to: dataTypes[dtype] }, as);
}

export const elementwiseRules: Rules = {
  unary,
  binary,
  select,
  cast: (node, { writer, operands, as }) => castTo(writer, operands[0]!, node.dtype, as),
};
