/** Lowers nodes to StableHLO: one rule an operation. An operation without a rule does not compile. */
import type { Node, NodeOf, Op } from "../../graph/node.ts";
import { arrangeRules } from "./lower-arrange.ts";
import { computeRules } from "./lower-compute.ts";
import { elementwiseRules } from "./lower-elementwise.ts";
import { lookupRules } from "./lower-lookup.ts";
import type { Lowering, LoweringRule } from "./rule.ts";
import { elementOf, type Value } from "./types.ts";

/** Operations that are not inputs, have lengths that are known before they run, and are not made for ONNX alone. */
type Computed = Exclude<Op, "input" | "nonZero" | "choose" | "count">;
type Rules = { readonly [O in Computed]: LoweringRule<O> };

const rules: Rules = {
  constant: (node, { writer }) => writer.constant(node.attrs.data, node.shape, elementOf(node.dtype)),
  ...elementwiseRules,
  ...arrangeRules,
  ...computeRules,
  ...lookupRules,
};

/** Writes one node over its lowered operands. */
export function lowerNode(node: Exclude<Node, NodeOf<"input">>, lowering: Lowering): Value {
  const rule = (rules as { readonly [O in Op]?: unknown })[node.op] as LoweringRule<Op> | undefined;
  if (rule === undefined) throw new Error(`no StableHLO lowering of ${node.op}`);
  return rule(node as NodeOf<Op>, lowering);
}
