/** Collects the lines of a StableHLO function. Each method is one operation with one result, made once for equal operands. */
import type { TypedArray } from "../../../arrays/ndarray.ts";
import { broadcastShape, sameShape } from "../../graph/shape.ts";
import { denseLiteral, type Element, literal, tensorType, typeOf, type Value } from "./types.ts";

export type Shape = readonly number[];

/** `[0, 2, 1]`. */
export function list(values: readonly (number | string)[]): string {
  return `[${values.join(", ")}]`;
}

export class StablehloWriter {
  readonly lines: string[] = [];
  private readonly known = new Map<string, Value>();
  private readonly filled = new Map<string, number>();
  private readonly knownMany = new Map<string, readonly [Value, ...Value[]]>();

  /** An operation whose text after `%n = ` is `text`. */
  emit(text: string, shape: Shape, element: Element): Value {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const value: Value = { name: `%${this.lines.length}`, shape, element };
    this.lines.push(`${value.name} = ${text}`);
    this.known.set(text, value);
    return value;
  }

  /** An operation with several results. */
  emitMany(
    text: string,
    results: readonly { readonly shape: Shape; readonly element: Element }[],
  ): readonly [Value, ...Value[]] {
    const known = this.knownMany.get(text);
    if (known !== undefined) return known;
    const name = `%${this.lines.length}`;
    const values = results.map((result, i) => ({ name: `${name}#${i}`, ...result })) as [Value, ...Value[]];
    this.lines.push(`${name}:${results.length} = ${text}`);
    this.knownMany.set(text, values);
    return values;
  }

  /** An operation that keeps the type of its operands. */
  same(op: string, ...operands: readonly [Value, ...Value[]]): Value {
    const [first] = operands;
    const names = operands.map(({ name }) => name).join(", ");
    return this.emit(`${op} ${names} : ${typeOf(first)}`, first.shape, first.element);
  }

  /** The same values, none of which is there before all of them are. */
  barrier(values: readonly Value[]): readonly [Value, ...Value[]] {
    const [names, types] = [values.map(({ name }) => name).join(", "), values.map(typeOf).join(", ")];
    const results = values.map(({ shape, element }) => ({ shape, element }));
    return this.emitMany(`stablehlo.optimization_barrier ${names} : ${types}`, results);
  }

  constant(data: TypedArray, shape: Shape, element: Element): Value {
    if (shape.length === 0) return this.fill(data[0] ?? 0, shape, element);
    const text = `stablehlo.constant dense<${denseLiteral(data, shape, element)}> : ${tensorType(shape, element)}`;
    return this.emit(text, shape, element);
  }

  /** A tensor filled with one number. */
  fill(value: number, shape: Shape, element: Element): Value {
    const text = `stablehlo.constant dense<${literal(value, element)}> : ${tensorType(shape, element)}`;
    const made = this.emit(text, shape, element);
    this.filled.set(made.name, value);
    return made;
  }

  /** The numbers 0, 1, … along `axis`. */
  iota(axis: number, shape: Shape): Value {
    return this.emit(`stablehlo.iota dim = ${axis} : ${tensorType(shape, "i32")}`, shape, "i32");
  }

  convert(x: Value, element: Element): Value {
    if (x.element === element) return x;
    const type = tensorType(x.shape, element);
    return this.emit(`stablehlo.convert ${x.name} : (${typeOf(x)}) -> ${type}`, x.shape, element);
  }

  reshape(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    const type = tensorType(shape, x.element);
    return this.emit(`stablehlo.reshape ${x.name} : (${typeOf(x)}) -> ${type}`, shape, x.element);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    const shape = perm.map((axis) => x.shape[axis]!);
    const type = tensorType(shape, x.element);
    return this.emit(
      `stablehlo.transpose ${x.name}, dims = ${list(perm)} : (${typeOf(x)}) -> ${type}`,
      shape,
      x.element,
    );
  }

  /** Axis i of `x` becomes axis `dims[i]`; lengths of 1 stretch. */
  broadcastInDim(x: Value, dims: readonly number[], shape: Shape): Value {
    const type = tensorType(shape, x.element);
    const text = `stablehlo.broadcast_in_dim ${x.name}, dims = ${list(dims)} : (${typeOf(x)}) -> ${type}`;
    return this.emit(text, shape, x.element);
  }

  /** NumPy's rules: axes are aligned at the end. */
  broadcast(x: Value, shape: Shape): Value {
    if (sameShape(x.shape, shape)) return x;
    const value = this.filled.get(x.name);
    if (value !== undefined) return this.fill(value, shape, x.element);
    const missing = shape.length - x.shape.length;
    return this.broadcastInDim(
      x,
      x.shape.map((_, axis) => axis + missing),
      shape,
    );
  }

  /** Two operands brought to one shape. */
  aligned(a: Value, b: Value): [Value, Value] {
    const shape = broadcastShape(a.shape, b.shape);
    return [this.broadcast(a, shape), this.broadcast(b, shape)];
  }

  binary(op: string, a: Value, b: Value): Value {
    return this.same(op, ...this.aligned(a, b));
  }

  /** `direction` is EQ, NE, LT, LE, GT or GE. */
  compare(direction: string, a: Value, b: Value): Value {
    const [x, y] = this.aligned(a, b);
    const kind = x.element === "i1" ? "UNSIGNED" : x.element === "i32" ? "SIGNED" : "FLOAT";
    const type = typeOf(x);
    const text = `stablehlo.compare ${direction}, ${x.name}, ${y.name}, ${kind} : (${type}, ${type}) -> ${tensorType(x.shape, "i1")}`;
    return this.emit(text, x.shape, "i1");
  }

  select(condition: Value, then: Value, otherwise: Value): Value {
    const shape = broadcastShape(condition.shape, broadcastShape(then.shape, otherwise.shape));
    const [a, b] = [this.broadcast(then, shape), this.broadcast(otherwise, shape)];
    const c = condition.shape.length === 0 ? condition : this.broadcast(condition, shape);
    const text = `stablehlo.select ${c.name}, ${a.name}, ${b.name} : ${typeOf(c)}, ${typeOf(a)}`;
    return this.emit(text, shape, a.element);
  }

  /** `op` over `axes`, which vanish, from `initial` on. */
  reduce(op: string, x: Value, axes: readonly number[], initial: number): Value {
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const start = this.fill(initial, [], x.element);
    const [from, to] = [`(${typeOf(x)}, ${typeOf(start)})`, tensorType(shape, x.element)];
    const text = `stablehlo.reduce(${x.name} init: ${start.name}) applies ${op} across dimensions = ${list(axes)} : ${from} -> ${to}`;
    return this.emit(text, shape, x.element);
  }

  slice(x: Value, begin: readonly number[], shape: Shape, strides: readonly number[]): Value {
    const ranges = begin.map((from, axis) => {
      const to = shape[axis]! === 0 ? from : from + (shape[axis]! - 1) * strides[axis]! + 1;
      return strides[axis] === 1 ? `${from}:${to}` : `${from}:${to}:${strides[axis]}`;
    });
    const type = tensorType(shape, x.element);
    return this.emit(`stablehlo.slice ${x.name} ${list(ranges)} : (${typeOf(x)}) -> ${type}`, shape, x.element);
  }

  reverse(x: Value, axes: readonly number[]): Value {
    return this.emit(`stablehlo.reverse ${x.name}, dims = ${list(axes)} : ${typeOf(x)}`, x.shape, x.element);
  }

  /** `low` and `high` elements of `value` before and after each axis; negative ones cut off. */
  pad(x: Value, low: readonly number[], high: readonly number[], value: number): Value {
    const filler = this.fill(value, [], x.element);
    const shape = x.shape.map((length, axis) => length + low[axis]! + high[axis]!);
    const none = list(x.shape.map(() => 0));
    const text = `stablehlo.pad ${x.name}, ${filler.name}, low = ${list(low)}, high = ${list(high)}, interior = ${none} : (${typeOf(x)}, ${typeOf(filler)}) -> ${tensorType(shape, x.element)}`;
    return this.emit(text, shape, x.element);
  }

  concatenate(parts: readonly Value[], axis: number): Value {
    const [head] = parts as [Value];
    if (parts.length === 1) return head;
    const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    const shape = head.shape.with(axis, length);
    const names = parts.map(({ name }) => name).join(", ");
    const text = `stablehlo.concatenate ${names}, dim = ${axis} : (${parts.map(typeOf).join(", ")}) -> ${tensorType(shape, head.element)}`;
    return this.emit(text, shape, head.element);
  }
}
