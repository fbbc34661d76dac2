/** Elementwise kernels: one or two operands, broadcasting. */
import type { GraphBuilder } from "../builder.ts";
import type { BinaryFn, Node, UnaryFn } from "../node.ts";
import { type Kernel, type Kernels, operand, operandList } from "./kernel.ts";

/** Kernels that keep the dtype of their operand. */
const sameType: Record<string, UnaryFn> = {
  Abs: "abs", Ceil: "ceil", Floor: "floor", Neg: "neg", Relu: "relu", Round: "round", Sign: "sign",
}; // biome-ignore format: a table

/** Kernels that give float32 whatever they are given. */
const toFloat: Record<string, UnaryFn> = {
  Acos: "acos", Acosh: "acosh", Asin: "asin", Asinh: "asinh", Atan: "atan", Atanh: "atanh", Cos: "cos", Cosh: "cosh", Erf: "erf",
  Exp: "exp", Expm1: "expm1", Log: "log", Log1p: "log1p", Reciprocal: "reciprocal", Rsqrt: "rsqrt", Sigmoid: "sigmoid", Sin: "sin",
  Sinh: "sinh", Softplus: "softplus", Sqrt: "sqrt", Tan: "tan", Tanh: "tanh",
}; // biome-ignore format: a table

const arithmetic: Record<string, BinaryFn> = {
  Add: "add", Sub: "sub", Multiply: "mul", RealDiv: "div", Pow: "pow", Maximum: "max", Minimum: "min",
}; // biome-ignore format: a table

const comparison: Record<string, BinaryFn> = {
  Equal: "equal", Less: "less", LessEqual: "lessEqual", Greater: "greater", GreaterEqual: "greaterEqual",
}; // biome-ignore format: a table

const logical: Record<string, BinaryFn> = { LogicalAnd: "and", LogicalOr: "or", LogicalXor: "xor" };

/** Both operands as numbers of one dtype: the wider of the two, and int32 where both are bool. */
function numeric(b: GraphBuilder, a: Node, c: Node): [Node, Node] {
  const dtype = a.dtype === "float32" || c.dtype === "float32" ? "float32" : "int32";
  return [b.cast(a, dtype), b.cast(c, dtype)];
}

function unary(fn: UnaryFn, float: boolean): Kernel {
  return (call) => {
    const x = operand(call, "x");
    const exact = x.dtype !== "float32" && (fn === "ceil" || fn === "floor" || fn === "round");
    if (exact) return x;
    return call.builder.unary(fn, float ? call.builder.cast(x, "float32") : numeric(call.builder, x, x)[0]);
  };
}

function binary(fn: BinaryFn): Kernel {
  return (call) => call.builder.binary(fn, ...numeric(call.builder, operand(call, "a"), operand(call, "b")));
}

function mapped(table: Record<string, UnaryFn>, float: boolean): Kernels {
  return Object.fromEntries(Object.entries(table).map(([name, fn]) => [name, unary(fn, float)]));
}

/** A number of the same dtype as `x`. */
function like(b: GraphBuilder, x: Node, value: number): Node {
  return b.scalar(value, x.dtype);
}

function isNegative(b: GraphBuilder, x: Node): Node {
  return b.binary("less", x, like(b, x, 0));
}

/** The quotient rounded down, int32. */
function floorDiv(b: GraphBuilder, x: Node, y: Node): Node {
  if (x.dtype === "float32") return b.cast(b.unary("floor", b.binary("div", x, y)), "int32");
  return b.binary("div", b.binary("sub", x, floorMod(b, x, y)), y);
}

/** The remainder with the sign of the divisor. */
function floorMod(b: GraphBuilder, x: Node, y: Node): Node {
  const rest = b.binary("mod", x, y);
  const crossed = b.binary("xor", isNegative(b, rest), isNegative(b, y));
  const shifts = b.binary("and", crossed, b.unary("not", b.binary("equal", rest, like(b, rest, 0))));
  return b.select(shifts, b.binary("add", rest, y), rest);
}

export const elementwise: Kernels = {
  ...mapped(sameType, false),
  ...mapped(toFloat, true),
  ...Object.fromEntries(Object.entries({ ...arithmetic, ...comparison }).map(([name, fn]) => [name, binary(fn)])),
  ...Object.fromEntries(
    Object.entries(logical).map(([name, fn]) => [
      name,
      (call) => call.builder.binary(fn, operand(call, "a"), operand(call, "b")),
    ]),
  ),
  NotEqual: (call) => call.builder.unary("not", binary("equal")(call) as Node),
  LogicalNot: (call) => call.builder.unary("not", operand(call, "x")),
  AddN: (call) => operandList(call).reduce((sum, x) => call.builder.binary("add", sum, x)),
  FloorDiv: (call) => floorDiv(call.builder, ...numeric(call.builder, operand(call, "a"), operand(call, "b"))),
  Mod: (call) => floorMod(call.builder, ...numeric(call.builder, operand(call, "a"), operand(call, "b"))),
  SquaredDifference: (call) => {
    const d = binary("sub")(call) as Node;
    return call.builder.binary("mul", d, d);
  },
  Square: ({ builder, inputs: { x } }) => builder.binary("mul", x!, x!),
  Step: ({ builder: b, inputs: { x }, attrs }) => {
    const alpha = (attrs.alpha as number | undefined) ?? 0;
    const positive = b.binary("greater", x!, like(b, x!, 0));
    return alpha === 0 ? b.cast(positive, x!.dtype) : b.select(positive, like(b, x!, 1), like(b, x!, alpha));
  },
  IsNan: ({ builder, inputs: { x } }) => builder.unary("isNan", builder.cast(x!, "float32")),
  IsInf: ({ builder, inputs: { x } }) => builder.unary("isInf", builder.cast(x!, "float32")),
  IsFinite: ({ builder: b, inputs: { x } }) => {
    const value = b.cast(x!, "float32");
    return b.unary("not", b.binary("or", b.unary("isNan", value), b.unary("isInf", value)));
  },
  ClipByValue: ({ builder: b, inputs: { x }, attrs }) =>
    b.binary(
      "min",
      b.binary("max", x!, like(b, x!, attrs.clipValueMin as number)),
      like(b, x!, attrs.clipValueMax as number),
    ),
  Relu6: ({ builder: b, inputs: { x } }) => b.binary("min", b.unary("relu", x!), like(b, x!, 6)),
  LeakyRelu: ({ builder: b, inputs: { x }, attrs }) =>
    b.select(isNegative(b, x!), b.binary("mul", x!, like(b, x!, attrs.alpha as number)), x!),
  Prelu: ({ builder: b, inputs: { x, alpha } }) => b.select(isNegative(b, x!), b.binary("mul", x!, alpha!), x!),
  Elu: ({ builder: b, inputs: { x } }) => b.select(isNegative(b, x!), b.unary("expm1", x!), x!),
  EluGrad: ({ builder: b, inputs: { dy, y } }) =>
    b.select(isNegative(b, y!), b.binary("mul", dy!, b.binary("add", y!, b.scalar(1))), dy!),
  Selu: ({ builder: b, inputs: { x } }) => {
    // Constants of Klambauer et al. 2017 (arXiv 1706.02515), as TensorFlow.js has them.
    const [alpha, scale] = [1.7580993408473768, 1.0507009873554805];
    const below = b.binary("mul", b.unary("expm1", x!), b.scalar(alpha));
    return b.select(isNegative(b, x!), below, b.binary("mul", x!, b.scalar(scale)));
  },
  Select: ({ builder, inputs: { condition, t, e } }) => builder.select(leading(builder, condition!, t!), t!, e!),
  Cast: ({ builder: b, inputs: { x }, attrs, refuse }) => {
    const dtype = attrs.dtype as string;
    if (dtype === "float32" || dtype === "int32" || dtype === "bool") return b.cast(x!, dtype);
    return refuse(`it casts to ${dtype}; a compiled step has float32, int32 and bool`);
  },
  Identity: ({ inputs: { x } }) => x!,
};

/** A condition of lower rank chooses along the first axes. */
function leading(b: GraphBuilder, condition: Node, of: Node): Node {
  const missing = of.shape.length - condition.shape.length;
  if (missing <= 0 || condition.shape.length !== 1) return condition;
  return b.reshape(condition, [...condition.shape, ...Array<number>(missing).fill(1)]);
}
