/** What passes are made of: a graph rebuilt node by node, a rule deciding what each node becomes. */
import type { GraphBuilder } from "./builder.ts";
import { type Graph, type Node, reachable, valuesOf } from "./node.ts";

/** A node about to be rebuilt. */
export interface Site {
  readonly builder: GraphBuilder;
  /** The node over its new operands. */
  readonly node: Node;
  /** The node as it was before the pass. */
  readonly old: Node;
  /** What an old node that comes before this one has become. */
  now(old: Node): Node;
  /** How often the i-th operand is used by what the train path needs; 0 in what only observers need. */
  uses(i: number): number;
}

/** What a node becomes; undefined leaves it as it is. It must keep shape, dtype and meaning. */
export type Rule = (site: Site) => Node | undefined;

/**
 * What the next state depends on; where there is no state, everything. Only this may decide what gets fused: outputs that
 * merely look at values on the way (losses, probes) then cannot change how the next state is computed.
 */
export function trainPath(graph: Graph): Node[] {
  return reachable((graph.state.size > 0 ? graph.state : graph.outputs).values(), valuesOf);
}

/** Applies a rule to every node, operands first. */
export function rewrite(graph: Graph, builder: GraphBuilder, rule: Rule): Graph {
  const uses = new Map<Node, number>();
  for (const node of trainPath(graph)) {
    for (const operand of valuesOf(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  const results = new Map<Node, Node>();
  for (const old of reachable([...graph.state.values(), ...graph.outputs.values()])) {
    const operands = old.operands.map((operand) => results.get(operand)!);
    const changed = operands.some((operand, i) => operand !== old.operands[i]);
    const node = changed ? builder.remake(old, operands) : old;
    const now = (earlier: Node) => results.get(earlier)!;
    const site: Site = { builder, node, old, now, uses: (i) => uses.get(old.operands[i]!) ?? 0 };
    results.set(old, rule(site) ?? node);
  }
  const mapped = (nodes: ReadonlyMap<string, Node>) =>
    new Map([...nodes].map(([name, node]) => [name, results.get(node)!]));
  return { state: mapped(graph.state), outputs: mapped(graph.outputs) };
}
