/** Reductions, softmax, running sums and order statistics. */
import type { ReduceFn } from "../node.ts";
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
  TopK: ({ builder, inputs: { x }, attrs }) => {
    const k = attrs.k as number;
    const shape = x!.shape.with(-1, k);
    return [
      builder.make("topK", { k, part: "values" }, [x!], shape, x!.dtype),
      builder.make("topK", { k, part: "indices" }, [x!], shape, "int32"),
    ];
  },
};
