/** StableHLO for elementwise operations. */
import type { BinaryFn, UnaryFn } from "../../graph/node.ts";
import type { LoweringRule } from "./rule.ts";
import { typeOf, type Value } from "./types.ts";
import type { StablehloWriter } from "./writer.ts";

type UnaryRule = (w: StablehloWriter, x: Value) => Value;

const named =
  (op: string): UnaryRule =>
  (w, x) =>
    w.same(`stablehlo.${op}`, x);

/** Functions of the CHLO dialect, which XLA expands itself. */
const chlo =
  (op: string): UnaryRule =>
  (w, x) =>
    w.emit(`chlo.${op} ${x.name} : ${typeOf(x)} -> ${typeOf(x)}`, x.shape, x.element);

const filled = (w: StablehloWriter, x: Value, value: number) => w.fill(value, x.shape, x.element);

const unaryRules: Readonly<Record<UnaryFn, UnaryRule>> = {
  abs: named("abs"),
  acos: chlo("acos"),
  acosh: chlo("acosh"),
  asin: chlo("asin"),
  asinh: chlo("asinh"),
  atan: chlo("atan"),
  atanh: chlo("atanh"),
  ceil: named("ceil"),
  cos: named("cosine"),
  cosh: chlo("cosh"),
  erf: chlo("erf"),
  exp: named("exponential"),
  expm1: named("exponential_minus_one"),
  floor: named("floor"),
  isInf: (w, x) => w.compare("EQ", w.same("stablehlo.abs", x), filled(w, x, Number.POSITIVE_INFINITY)),
  isNan: (w, x) => w.compare("NE", x, x),
  log: named("log"),
  log1p: named("log_plus_one"),
  neg: named("negate"),
  not: named("not"),
  reciprocal: (w, x) => w.same("stablehlo.divide", filled(w, x, 1), x),
  relu: (w, x) => w.same("stablehlo.maximum", x, filled(w, x, 0)),
  round: named("round_nearest_even"),
  rsqrt: named("rsqrt"),
  sigmoid: named("logistic"),
  sign: named("sign"),
  sin: named("sine"),
  sinh: chlo("sinh"),
  // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which does not overflow.
  softplus: (w, x) => {
    const small = w.same("stablehlo.exponential", w.same("stablehlo.negate", w.same("stablehlo.abs", x)));
    return w.same("stablehlo.add", unaryRules.relu(w, x), w.same("stablehlo.log_plus_one", small));
  },
  sqrt: named("sqrt"),
  tan: (w, x) => w.same("stablehlo.divide", w.same("stablehlo.sine", x), w.same("stablehlo.cosine", x)),
  tanh: named("tanh"),
};

const binaryOps: Readonly<Record<Exclude<BinaryFn, keyof typeof directions>, string>> = {
  add: "add", sub: "subtract", mul: "multiply", div: "divide", pow: "power", max: "maximum", min: "minimum", mod: "remainder",
  and: "and", or: "or", xor: "xor",
}; // biome-ignore format: a table

const directions = { equal: "EQ", less: "LT", lessEqual: "LE", greater: "GT", greaterEqual: "GE" } as const;

function isComparison(fn: BinaryFn): fn is keyof typeof directions {
  return fn in directions;
}

interface ElementwiseRules {
  readonly unary: LoweringRule<"unary">;
  readonly binary: LoweringRule<"binary">;
  readonly select: LoweringRule<"select">;
  readonly cast: LoweringRule<"cast">;
}

export const elementwiseRules: ElementwiseRules = {
  unary: (node, { writer, operands }) => unaryRules[node.attrs.fn](writer, operands[0]!),
  binary: ({ attrs: { fn } }, { writer, operands }) => {
    const [a, b] = operands as [Value, Value];
    return isComparison(fn) ? writer.compare(directions[fn], a, b) : writer.binary(`stablehlo.${binaryOps[fn]}`, a, b);
  },
  select: (_, { writer, operands }) => writer.select(...(operands as [Value, Value, Value])),
  cast: (node, { writer, operands }) => {
    const [x] = operands as [Value];
    if (node.dtype === "bool") return writer.compare("NE", x, filled(writer, x, 0));
    return writer.convert(x, node.dtype === "float32" ? "f32" : "i32");
  },
};
