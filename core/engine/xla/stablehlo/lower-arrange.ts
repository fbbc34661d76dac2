/** StableHLO for operations that move elements. */
import type { LoweringRule } from "./rule.ts";
import type { Value } from "./types.ts";

interface ArrangeRules {
  readonly reshape: LoweringRule<"reshape">;
  readonly transpose: LoweringRule<"transpose">;
  readonly broadcast: LoweringRule<"broadcast">;
  readonly tile: LoweringRule<"tile">;
  readonly slice: LoweringRule<"slice">;
  readonly pad: LoweringRule<"pad">;
  readonly concat: LoweringRule<"concat">;
  readonly after: LoweringRule<"after">;
}

export const arrangeRules: ArrangeRules = {
  reshape: (node, { writer, operands }) => writer.reshape(operands[0]!, node.shape),
  transpose: (node, { writer, operands }) => writer.transpose(operands[0]!, node.attrs.perm),
  broadcast: (node, { writer, operands }) => writer.broadcast(operands[0]!, node.shape),
  // Each axis gets one more before it, as long as it is repeated.
  tile: (node, { writer, operands }) => {
    const [x] = operands as [Value];
    const spread = x.shape.flatMap((length, axis) => [node.attrs.reps[axis]!, length]);
    const repeated = writer.broadcastInDim(
      x,
      x.shape.map((_, axis) => 2 * axis + 1),
      spread,
    );
    return writer.reshape(repeated, node.shape);
  },
  // A walk backwards is a walk forwards over the reversed axis.
  slice: (node, { writer, operands }) => {
    const [x] = operands as [Value];
    const { begin, strides } = node.attrs;
    const backwards = strides.flatMap((stride, axis) => (stride < 0 ? [axis] : []));
    const turned = backwards.length === 0 ? x : writer.reverse(x, backwards);
    const from = begin.map((at, axis) => (strides[axis]! < 0 ? x.shape[axis]! - 1 - at : at));
    return writer.slice(turned, from, node.shape, strides.map(Math.abs));
  },
  pad: (node, { writer, operands }) => {
    const { before, after, value } = node.attrs;
    return writer.pad(operands[0]!, before, after, value);
  },
  concat: (node, { writer, operands }) => writer.concatenate(operands, node.attrs.axis),
  after: (_, { writer, operands }) => writer.barrier(operands)[0],
};
