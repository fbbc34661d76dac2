/**
 * Makes nodes. Equal nodes are made once (so common subexpressions never exist twice), and forms that cost nothing to
 * simplify are simplified on the spot. Every simplification looks only at operands, never at who uses a node: so the nodes
 * of a train step come out the same whatever else, a probe say, looks at its intermediate values.
 */
import { sizeOf, type TypedArray } from "../../arrays/ndarray.ts";
import type { DType } from "../engine.ts";
import { foldBinary, isConstant, isFilledWith, isIdentityOperand } from "./fold.ts";
import type { Attributes, BinaryFn, Node, NodeOf, Op, ReduceFn, UnaryFn } from "./node.ts";
import type { Shape } from "./shape.ts";
import * as shapes from "./shape.ts";

const comparisons: ReadonlySet<BinaryFn> = new Set(["equal", "less", "lessEqual", "greater", "greaterEqual"]);
const arrayOf = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

export class GraphBuilder {
  private readonly known = new Map<string, Node>();
  private count = 0;

  /** The node with these parts, which may exist already. */
  make<O extends Op>(op: O, attrs: Attributes[O], operands: readonly Node[], shape: Shape, dtype: DType): Node {
    const key = `${op} ${keyOf(attrs)} ${operands.map((o) => o.id).join()} ${shape.join()} ${dtype}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const node = { id: this.count++, op, attrs, operands, shape, dtype } as unknown as NodeOf<O> as Node;
    this.known.set(key, node);
    return node;
  }

  /** The same operation on other operands, simplified anew. */
  remake(node: Node, operands: readonly Node[]): Node {
    const [x, y] = operands;
    switch (node.op) {
      case "unary":
        return this.unary(node.attrs.fn, x!);
      case "binary":
        return this.binary(node.attrs.fn, x!, y!);
      case "cast":
        return this.cast(x!, node.dtype);
      case "reshape":
        return this.reshape(x!, node.shape);
      case "transpose":
        return this.transpose(x!, node.attrs.perm);
      case "broadcast":
        return this.broadcast(x!, node.shape);
      default:
        return this.make(node.op, node.attrs, operands, node.shape, node.dtype);
    }
  }

  /** Known values; when all are equal, one of them broadcast. The array must not change afterwards. */
  constant(data: TypedArray, shape: Shape, dtype: DType): Node {
    const [value] = data;
    if (shape.length > 0 && value !== undefined && data.every((v) => Object.is(v, value))) {
      return this.broadcast(this.scalar(value, dtype), shape);
    }
    return this.make("constant", { data }, [], shape, dtype);
  }

  scalar(value: number, dtype: DType = "float32"): Node {
    return this.constant(arrayOf[dtype].of(value), [], dtype);
  }

  fill(value: number, shape: Shape, dtype: DType): Node {
    return this.broadcast(this.scalar(value, dtype), shape);
  }

  unary(fn: UnaryFn, x: Node): Node {
    if (x.op === "reshape") return this.reshape(this.unary(fn, first(x)), x.shape);
    if ((fn === "abs" || fn === "relu") && isNeverNegative(x)) return x;
    const bool = fn === "isNan" || fn === "isInf" || fn === "not";
    return this.make("unary", { fn }, [x], x.shape, bool ? "bool" : x.dtype);
  }

  binary(fn: BinaryFn, a: Node, b: Node): Node {
    const shape = shapes.broadcastShape(a.shape, b.shape);
    const dtype = comparisons.has(fn) ? "bool" : a.dtype;
    const [x, y] = [withoutBroadcast(a, b, shape), withoutBroadcast(b, a, shape)];
    if (isIdentityOperand(fn, y) && shapes.sameShape(x.shape, shape)) return x;
    if ((fn === "add" || fn === "mul") && isIdentityOperand(fn, x) && shapes.sameShape(y.shape, shape)) return y;
    if (fn === "mul" && isFilledWith(y, 1)) return this.broadcast(x, shape);
    if (fn === "mul" && isFilledWith(x, 1)) return this.broadcast(y, shape);
    if (x.op === "reshape" && isScalar(y)) return this.reshape(this.binary(fn, first(x), y), shape);
    if (y.op === "reshape" && isScalar(x)) return this.reshape(this.binary(fn, x, first(y)), shape);
    const folded = foldBinary(fn, x, y, dtype);
    if (folded !== undefined) return this.constant(folded, shape, dtype);
    return this.make("binary", { fn }, [x, y], shape, dtype);
  }

  select(condition: Node, then: Node, otherwise: Node): Node {
    const shape = shapes.broadcastShape(condition.shape, shapes.broadcastShape(then.shape, otherwise.shape));
    const a = withoutBroadcast(then, condition, shape);
    const b = withoutBroadcast(otherwise, condition, shape);
    return this.make("select", {}, [condition, a, b], shape, then.dtype);
  }

  /** One of two values, which are computed only where they are asked for: see the node. */
  choose(group: string, condition: Node, then: Node, otherwise: Node): Node {
    return this.make("choose", { group }, [condition, then, otherwise], then.shape, then.dtype);
  }

  cast(x: Node, dtype: DType): Node {
    if (x.dtype === dtype) return x;
    if (isConstant(x) && x.shape.length === 0) return this.scalar(Math.trunc(x.attrs.data[0] ?? 0), dtype);
    if (x.op === "reshape") return this.reshape(this.cast(first(x), dtype), x.shape);
    return this.make("cast", {}, [x], x.shape, dtype);
  }

  reshape(x: Node, shape: Shape): Node {
    if (shapes.sameShape(x.shape, shape)) return x;
    if (x.op === "reshape") return this.reshape(first(x), shape);
    if (x.op === "constant") return this.make("constant", x.attrs, [], shape, x.dtype);
    if (x.op === "broadcast" && sizeOf(first(x).shape) === 1) return this.broadcast(this.reshape(first(x), []), shape);
    return this.make("reshape", {}, [x], shape, x.dtype);
  }

  transpose(x: Node, perm: readonly number[]): Node {
    const shape = perm.map((axis) => x.shape[axis]!);
    const moved = perm.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return this.reshape(x, shape);
    if (x.op === "transpose")
      return this.transpose(
        first(x),
        perm.map((axis) => x.attrs.perm[axis]!),
      );
    return this.make("transpose", { perm }, [x], shape, x.dtype);
  }

  broadcast(x: Node, shape: Shape): Node {
    if (shapes.sameShape(x.shape, shape)) return x;
    if (x.op === "broadcast") return this.broadcast(first(x), shape);
    return this.make("broadcast", {}, [x], shape, x.dtype);
  }

  slice(x: Node, begin: readonly number[], shape: Shape, strides: readonly number[] = begin.map(() => 1)): Node {
    if (shapes.sameShape(x.shape, shape) && strides.every((stride) => stride === 1)) return x;
    return this.make("slice", { begin, strides }, [x], shape, x.dtype);
  }

  concat(parts: readonly Node[], axis: number): Node {
    const [head] = parts as [Node];
    if (parts.length === 1) return head;
    const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    return this.make("concat", { axis }, parts, head.shape.with(axis, length), head.dtype);
  }

  reduce(fn: ReduceFn, x: Node, axes: readonly number[], keepDims: boolean): Node {
    const shape = shapes.reducedShape(x.shape, axes, keepDims);
    const trivial = axes.every((axis) => x.shape[axis] === 1);
    if (trivial) return this.reshape(x, shape);
    return this.make("reduce", { fn, axes: [...axes].sort((a, b) => a - b), keepDims }, [x], shape, x.dtype);
  }

  after(x: Node, before: readonly Node[]): Node {
    return this.make("after", {}, [x, ...new Set(before)], x.shape, x.dtype);
  }

  matmul(a: Node, b: Node, transposeA: boolean, transposeB: boolean): Node {
    const shape = shapes.matmulShape(a.shape, b.shape, transposeA, transposeB);
    return this.make("matmul", { transposeA, transposeB }, [a, b], shape, "float32");
  }
}

/** Whether a node is one number without axes: it broadcasts with everything and adds no axis. */
export function isScalar(node: Node): boolean {
  return node.shape.length === 0;
}

/** Whether no value is below zero: absolute and rectified values are the values then (up to the sign of zero). */
function isNeverNegative(x: Node): boolean {
  if (x.op === "unary") return x.attrs.fn === "relu" || x.attrs.fn === "abs";
  return x.op === "binary" && x.attrs.fn === "mul" && x.operands[0] === x.operands[1];
}

/** The only operand. */
export function first(node: Node): Node {
  return node.operands[0]!;
}

/** `x` before a broadcast that the other operand of an elementwise operation brings about anyway. */
function withoutBroadcast(x: Node, other: Node, shape: Shape): Node {
  if (x.op !== "broadcast") return x;
  const source = first(x);
  return shapes.sameShape(shapes.broadcastShape(source.shape, other.shape), shape) ? source : x;
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** Attributes as text; large constants by identity. */
function keyOf(attrs: object): string {
  return JSON.stringify(attrs, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value))
      return Object.is(value, -0) ? "-0" : typeof value === "number" ? String(value) : value;
    const data = value as TypedArray;
    if (data.length <= 64) return Array.from(data, (v) => (Object.is(v, -0) ? "-0" : String(v)));
    let identity = identities.get(data);
    if (identity === undefined) {
      identity = nextIdentity++;
      identities.set(data, identity);
    }
    return `#${identity}`;
  });
}
