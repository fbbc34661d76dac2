/** Lowers a graph to an ONNX model: one rule an operation, operands before users, results under their public names. */
import { internal } from "../../errors/errors.ts";
import type { Bytes } from "../../wire/message.ts";
import type { Graph, Node, NodeOf, Op } from "../graph/node.ts";
import { sameShape } from "../graph/shape.ts";
import { arrangeRules } from "./lower-arrange.ts";
import { computeRules } from "./lower-compute.ts";
import { elementwiseRules } from "./lower-elementwise.ts";
import { batchInput, stateInput, stateOutput, stepOutput } from "./names.ts";
import { type Branching, unitsOf } from "./regions.ts";
import type { Rule, Rules } from "./rule.ts";
import { OnnxWriter } from "./writer.ts";

/** An ONNX model of a graph. Its inputs and outputs have the names below. */
export interface LoweredModel {
  readonly bytes: Bytes;
  /** Inputs that the graph reaches: ONNX Runtime refuses feeds that nothing uses. */
  readonly inputs: readonly NodeOf<"input">[];
  readonly nodes: number;
}

const rules: Rules = { ...elementwiseRules, ...arrangeRules, ...computeRules };

/** What has been written so far. */
interface Written {
  readonly writer: OnnxWriter;
  readonly names: Map<Node, string>;
  /** Nodes whose values may be shorter than their shapes say, being made of a nonZero's positions. */
  readonly shortened: Set<Node>;
}

/** Writes the model. */
export function lower(graph: Graph): LoweredModel {
  const writer = new OnnxWriter();
  const names = new Map<Node, string>();
  const written: Written = { writer, names, shortened: new Set() };
  const results = [
    ...[...graph.state].map(([name, node]) => ({ as: stateOutput(name), node })),
    ...[...graph.outputs].map(([name, node]) => ({ as: stepOutput(name), node })),
  ];
  const owed = new Map<Node, string>();
  for (const { as, node } of results) if (!owed.has(node) && isComputed(node)) owed.set(node, as);
  const inputs: NodeOf<"input">[] = [];
  for (const unit of unitsOf(graph)) {
    if ("chooses" in unit) lowerBranching(unit, owed, written);
    else names.set(unit, lowerNode(unit, owed.get(unit), written));
    if ("op" in unit && unit.op === "input") inputs.push(unit);
  }
  for (const { as, node } of results) {
    const name = names.get(node)!;
    if (name !== as) writer.emit("Identity", [name], {}, as);
    writer.declare("output", as, node.dtype, node.shape);
  }
  return { bytes: writer.model(), inputs, nodes: writer.nodes };
}

/** Whether a node's result can be given a public name: inputs and constants have names of their own. */
function isComputed(node: Node): boolean {
  return node.op !== "input" && node.op !== "constant";
}

/** Writes one `If` for all `choose` nodes of a group. */
function lowerBranching({ chooses, sides }: Branching, owed: ReadonlyMap<Node, string>, written: Written): void {
  const { writer, names, shortened } = written;
  const [yes, no] = sides.map((nodes, side) =>
    writer.branch(() => {
      for (const node of nodes) names.set(node, lowerNode(node, undefined, written));
      const inside = new Set(nodes);
      return chooses.map(({ operands, dtype }) => {
        const value = operands[1 + side]!;
        const name = names.get(value)!;
        // What a branch gives must be made in it, and once.
        const own = inside.delete(value);
        return { name: own ? name : writer.emit("Identity", [name]), dtype };
      });
    }),
  );
  const as = chooses.map((node) => owed.get(node));
  const outputs = writer.either(names.get(chooses[0]!.operands[0]!)!, { yes: yes!, no: no! }, as);
  for (const [i, node] of chooses.entries()) {
    names.set(node, outputs[i]!);
    // Where the other side has only a place holder, nobody reads it: what is chosen is as long as the first side's.
    const other = node.operands[2]!;
    if (shortened.has(other) || !sameShape(other.shape, node.shape)) shortened.add(node);
  }
}

function lowerNode(node: Node, as: string | undefined, { writer, names, shortened }: Written): string {
  if (node.op === "input") {
    const name = (node.attrs.role === "state" ? stateInput : batchInput)(node.attrs.name);
    writer.declare("input", name, node.dtype, node.shape);
    return name;
  }
  if (node.op === "constant") return writer.initializer(node.dtype, node.shape, node.attrs.data);
  const rule = rules[node.op] as Rule<Op> | undefined;
  if (rule === undefined) throw internal(`no ONNX lowering of ${node.op}`);
  const operands = node.operands.map((operand) => names.get(operand)!);
  const whole = !node.operands.some((operand) => shortened.has(operand));
  if (!whole || node.op === "nonZero") shortened.add(node);
  return rule(node as NodeOf<Op>, { writer, operands, as, whole });
}
