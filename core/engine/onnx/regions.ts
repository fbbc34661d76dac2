/** Where nodes are computed: outside, or in a branch of an `If` when only its side of `choose` nodes asks for them. */
import { type Graph, type Node, type NodeOf, reachable } from "../graph/node.ts";

/** `choose` nodes that become one `If`, and what only one side of them needs, operands first. */
export interface Branching {
  readonly chooses: NodeOf<"choose">[];
  readonly sides: readonly [then: Node[], otherwise: Node[]];
}

/** What is written one after another: nodes, and whole branchings. */
export type Unit = Node | Branching;

interface Place {
  readonly branching: Branching;
  readonly side: 0 | 1;
}

/** Nodes and branchings that the graph needs, each after what it reads. */
export function unitsOf(graph: Graph): Unit[] {
  const roots = [...graph.state.values(), ...graph.outputs.values()];
  const nodes = reachable(roots);
  const { branchings, places } = placed(nodes, new Set(roots));
  const unitOf = (node: Node): Unit => (node.op === "choose" ? branchings.get(node.attrs.group)! : node);
  const reads = (unit: Unit): Node[] => {
    if (!("chooses" in unit)) return [...unit.operands];
    const inside = [...unit.sides[0], ...unit.sides[1], ...unit.chooses];
    return inside.flatMap((node) => node.operands).filter((operand) => places.get(operand) === undefined);
  };
  return ordered(nodes.filter((node) => !places.has(node)).map(unitOf), (unit) => reads(unit).map(unitOf));
}

/** Users have larger ids than what they use, so from the last node to the first all users of a node have been placed. */
function placed(nodes: readonly Node[], roots: ReadonlySet<Node>) {
  const branchings = new Map<string, Branching>();
  const asked = new Map<Node, Place | "outside">();
  const places = new Map<Node, Place>();
  const ask = (node: Node, where: Place | "outside") => {
    const before = asked.get(node) ?? where;
    const same = before === where || (before !== "outside" && where !== "outside" && samePlace(before, where));
    asked.set(node, same && !roots.has(node) ? before : "outside");
  };
  for (const node of nodes.toReversed()) {
    const place = asked.get(node) ?? "outside";
    const movable = node.op !== "choose" && node.op !== "input" && node.op !== "constant";
    if (place !== "outside" && movable) {
      places.set(node, place);
      place.branching.sides[place.side].unshift(node);
    }
    const own = places.get(node) ?? "outside";
    if (node.op !== "choose") for (const operand of node.operands) ask(operand, own);
    else {
      const branching = branchings.get(node.attrs.group) ?? { chooses: [], sides: [[], []] };
      branchings.set(node.attrs.group, branching);
      branching.chooses.unshift(node);
      ask(node.operands[0]!, "outside");
      for (const side of [0, 1] as const) ask(node.operands[1 + side]!, { branching, side });
    }
  }
  return { branchings, places };
}

function samePlace(a: Place, b: Place): boolean {
  return a.branching === b.branching && a.side === b.side;
}

/** Each unit once, after those that it reads. */
function ordered(units: readonly Unit[], reads: (unit: Unit) => readonly Unit[]): Unit[] {
  const done = new Set<Unit>();
  const opened = new Set<Unit>();
  const pending = units.toReversed();
  for (let unit = pending.at(-1); unit !== undefined; unit = pending.at(-1)) {
    if (done.has(unit) || opened.has(unit)) {
      done.add(unit);
      pending.pop();
      continue;
    }
    opened.add(unit);
    for (const read of reads(unit)) if (!done.has(read)) pending.push(read);
  }
  return [...done];
}
