/** Reductions, softmax, running sums and order statistics. */
import type { GraphBuilder } from "../builder.ts";
import type { Node, ReduceFn } from "../node.ts";
import { fromFront } from "../shape.ts";
import { axesOf, type Kernel, type Kernels, operand } from "./kernel.ts";

function reduction(fn: ReduceFn): Kernel {
  return (call) => {
    const b = call.builder;
    const x = operand(call, "x");
    const axes = axesOf(call.attrs.axis ?? call.attrs.reductionIndices, x.shape.length);
    const numeric = x.dtype === "bool" && fn !== "any" && fn !== "all" ? b.cast(x, "int32") : x;
    const value = fn === "mean" ? b.cast(numeric, "float32") : numeric;
    return b.reduce(fn, value, axes, call.attrs.keepDims === true);
  };
}

function extreme(fn: "max" | "min"): Kernel {
  return (call) => {
    const x = operand(call, "x");
    const axis = axesOf(call.attrs.axis, x.shape.length)[0]!;
    return call.builder.make("argReduce", { fn, axis }, [x], x.shape.toSpliced(axis, 1), "int32");
  };
}

function softmax(input: string, axisName: string, log: boolean): Kernel {
  return (call) => {
    const x = call.builder.cast(operand(call, input), "float32");
    const axis = fromFront((call.attrs[axisName] as number | undefined) ?? -1, x.shape.length);
    return call.builder.make("softmax", { axis, log }, [x], x.shape, "float32");
  };
}

/** `x` moved by `by` places along `axis` (backwards where negative), ones moving in. */
function shifted(b: GraphBuilder, x: Node, axis: number, by: number): Node {
  const length = x.shape[axis]!;
  const count = Math.min(Math.abs(by), length);
  const ones = b.fill(1, x.shape.with(axis, count), x.dtype);
  const begin = x.shape.map(() => 0).with(axis, by > 0 ? 0 : count);
  const kept = b.slice(x, begin, x.shape.with(axis, length - count));
  return b.concat(by > 0 ? [ones, kept] : [kept, ones], axis);
}

/** Running products by doubling: after round i each place holds the product of the last 2^i. */
function cumprod(b: GraphBuilder, x: Node, axis: number, exclusive: boolean, reverse: boolean): Node {
  const direction = reverse ? -1 : 1;
  let running = exclusive ? shifted(b, x, axis, direction) : x;
  for (let by = 1; by < x.shape[axis]!; by *= 2) {
    running = b.binary("mul", running, shifted(b, running, axis, by * direction));
  }
  return running;
}

export const reduce: Kernels = {
  Sum: reduction("sum"),
  Mean: reduction("mean"),
  Max: reduction("max"),
  Min: reduction("min"),
  Prod: reduction("prod"),
  Any: reduction("any"),
  All: reduction("all"),
  ArgMax: extreme("max"),
  ArgMin: extreme("min"),
  Softmax: softmax("logits", "dim", false),
  LogSoftmax: softmax("logits", "axis", true),
  Cumsum: ({ builder, inputs: { x }, attrs }) => {
    const axis = fromFront(attrs.axis as number, x!.shape.length);
    const flags = { exclusive: attrs.exclusive === true, reverse: attrs.reverse === true };
    return builder.make("cumsum", { axis, ...flags }, [x!], x!.shape, x!.dtype);
  },
  Cumprod: ({ builder, inputs: { x }, attrs }) =>
    cumprod(
      builder,
      x!,
      fromFront(attrs.axis as number, x!.shape.length),
      attrs.exclusive === true,
      attrs.reverse === true,
    ),
  TopK: ({ builder, inputs: { x }, attrs }) => {
    const k = attrs.k as number;
    const shape = x!.shape.with(-1, k);
    return [
      builder.make("topK", { k, part: "values" }, [x!], shape, x!.dtype),
      builder.make("topK", { k, part: "indices" }, [x!], shape, "int32"),
    ];
  },
};
