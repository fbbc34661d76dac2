/** StableHLO for lookups by index. */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { LoweringRule } from "./rule.ts";
import { tensorType, typeOf, type Value } from "./types.ts";
import { list, type StablehloWriter } from "./writer.ts";

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

interface Picking {
  /** Axes of the result that are axes of the slices. */
  readonly offset: readonly number[];
  /** Axes of `x` that the indices pick from; a slice has length 1 there. */
  readonly picked: readonly number[];
  /** Axis of the indices that holds one index a picked axis; its rank where it is not there. */
  readonly vector: number;
}

function gathered(w: StablehloWriter, x: Value, at: Value, shape: readonly number[], how: Picking): Value {
  const { offset, picked, vector } = how;
  const sizes = x.shape.map((length, axis) => (picked.includes(axis) ? 1 : length));
  const dims = `#stablehlo.gather<offset_dims = ${list(offset)}, collapsed_slice_dims = ${list(picked)}, start_index_map = ${list(picked)}, index_vector_dim = ${vector}>`;
  const attrs = `<{dimension_numbers = ${dims}, indices_are_sorted = false, slice_sizes = array<i64: ${sizes.join(", ")}>}>`;
  const types = `(${typeOf(x)}, ${typeOf(at)}) -> ${tensorType(shape, x.element)}`;
  return w.emit(`"stablehlo.gather"(${x.name}, ${at.name}) ${attrs} : ${types}`, shape, x.element);
}

interface LookupRules {
  readonly oneHot: LoweringRule<"oneHot">;
  readonly gather: LoweringRule<"gather">;
  readonly gatherNd: LoweringRule<"gatherNd">;
  readonly scatterNd: LoweringRule<"scatterNd">;
}

export const lookupRules: LookupRules = {
  // A comparison with positions: inside a larger expression XLA never stores it.
  oneHot: (node, { writer: w, operands }) => {
    const last = node.shape.length - 1;
    const spread = w.broadcastInDim(operands[0]!, upTo(last), node.shape);
    return w.compare("EQ", spread, w.iota(last, node.shape));
  },
  gather: (node, { writer, operands }) => {
    const [x, at] = operands as [Value, Value];
    const { axis } = node.attrs;
    const rank = at.shape.length;
    const offset = [...upTo(axis), ...upTo(x.shape.length - axis - 1, axis + rank)];
    return gathered(writer, x, at, node.shape, { offset, picked: [axis], vector: rank });
  },
  gatherNd: (node, { writer, operands }) => {
    const [x, at] = operands as [Value, Value];
    const vector = at.shape.length - 1;
    const depth = at.shape[vector]!;
    return gathered(writer, x, at, node.shape, {
      offset: upTo(x.shape.length - depth, vector),
      picked: upTo(depth),
      vector,
    });
  },
  scatterNd: (node, { writer: w, operands }) => {
    const [at, updates, base] = operands as [Value, Value, Value];
    if (sizeOf(updates.shape) === 0) return base;
    const vector = at.shape.length - 1;
    const depth = at.shape[vector]!;
    const scalar = tensorType([], base.element);
    const add = base.element === "i1" ? "stablehlo.or" : "stablehlo.add";
    const combine =
      node.attrs.mode === "add" ? `%s = ${add} %a, %b : ${scalar}\n      stablehlo.return %s` : "stablehlo.return %b";
    const dims = `#stablehlo.scatter<update_window_dims = ${list(upTo(base.shape.length - depth, vector))}, inserted_window_dims = ${list(upTo(depth))}, scatter_dims_to_operand_dims = ${list(upTo(depth))}, index_vector_dim = ${vector}>`;
    const text = `"stablehlo.scatter"(${base.name}, ${at.name}, ${updates.name}) <{indices_are_sorted = false, scatter_dimension_numbers = ${dims}, unique_indices = false}> ({
    ^bb0(%a: ${scalar}, %b: ${scalar}):
      ${combine} : ${scalar}
    }) : (${typeOf(base)}, ${typeOf(at)}, ${typeOf(updates)}) -> ${typeOf(base)}`;
    return w.emit(text, base.shape, base.element);
  },
};
