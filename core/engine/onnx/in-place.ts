/** Which state entries can be overwritten where they lie, so that a step needs no second copy of them. */
import { isScalar } from "../graph/builder.ts";
import { type Graph, type Node, reachable } from "../graph/node.ts";
import { sameShape } from "../graph/shape.ts";

/**
 * Entries whose old value is read for the last time before, or element by element while, the new one is written. That holds
 * whatever order the nodes run in: everything that reads the old value must be needed to compute the new one.
 */
export function overwritable(graph: Graph): ReadonlySet<string> {
  const readers = readersOfState(graph);
  const results = new Set([...graph.state.values(), ...graph.outputs.values()]);
  const safe = new Set<string>();
  for (const [entry, next] of graph.state) {
    const old = [...readers.keys()].find((node) => node.op === "input" && node.attrs.name === entry);
    if (old === undefined) safe.add(entry);
    else if (!results.has(old) && isLastRead(old, readers.get(old)!, next)) safe.add(entry);
  }
  return safe;
}

function isLastRead(old: Node, readers: ReadonlySet<Node>, next: Node): boolean {
  const needed = new Set(reachable([next]));
  return [...readers].every((reader) => {
    if (reader === next)
      return reader.op === "binary" && reader.operands.every((x) => isScalar(x) || sameShape(x.shape, old.shape));
    return needed.has(reader);
  });
}

/** For each state entry that is read, the nodes that read its memory; a reshape reads nothing, whoever reads it does. */
function readersOfState(graph: Graph): Map<Node, Set<Node>> {
  const readers = new Map<Node, Set<Node>>();
  const memoryOf = new Map<Node, Node>();
  for (const node of reachable([...graph.state.values(), ...graph.outputs.values()])) {
    if (node.op === "input" && node.attrs.role === "state") {
      memoryOf.set(node, node);
      readers.set(node, new Set());
    }
    for (const operand of node.operands) {
      const memory = memoryOf.get(operand);
      if (memory === undefined) continue;
      if (node.op === "reshape") memoryOf.set(node, memory);
      readers.get(memory)!.add(node);
    }
  }
  return readers;
}
