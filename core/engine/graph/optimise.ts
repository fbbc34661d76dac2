/** The passes, in order. Each is a set of rules over single nodes; the graph is rebuilt once a pass. */
import type { GraphBuilder } from "./builder.ts";
import type { Graph, Node } from "./node.ts";
import { addBias } from "./passes/bias.ts";
import { countTrue } from "./passes/counts.ts";
import { maskOfRectified } from "./passes/masks.ts";
import { signOfRectified } from "./passes/signs.ts";
import { type PaysOff, skipSilent } from "./passes/silent/skip.ts";
import { sumSquares } from "./passes/squares.ts";
import { multiplyTransposed } from "./passes/transposes.ts";
import { reduceTurned, silentByParts } from "./passes/turned-sums.ts";
import { type Rule, rewrite, trainPath } from "./rewrite.ts";

/** What a target gains from, and can do. */
export interface Target {
  /** Which layers' silent units are left out of products; without it none are, as where a target knows no lengths but fixed ones. */
  readonly paysOff?: PaysOff | undefined;
  /** Whether it has `count`. */
  readonly counts?: boolean;
  /** Whether it has the sign of a rectified value in one pass. */
  readonly signs?: boolean;
}

/** The same program in fewer and cheaper nodes. Nodes that nothing needs are gone: a graph is what its results reach. */
export function optimise(
  graph: Graph,
  builder: GraphBuilder,
  { paysOff, counts = false, signs = false }: Target = {},
): Graph {
  const masks = (current: Graph) => rewrite(current, builder, maskOfRectified(rectifiedIn(current)));
  const rules =
    (...all: readonly Rule[]) =>
    (current: Graph) =>
      rewrite(current, builder, firstOf(all));
  const silent = (pays: PaysOff) => (current: Graph) => rewrite(current, builder, skipSilent(current, pays));
  const passes = [masks, rules(sumSquares, multiplyTransposed, addBias)];
  const byParts = (current: Graph) => rewrite(current, builder, silentByParts(current));
  if (paysOff !== undefined) passes.push(silent(paysOff), rules(reduceTurned), byParts);
  if (counts) passes.push(rules(countTrue));
  if (signs) passes.push(rules(signOfRectified));
  return passes.reduce((current, pass) => pass(current), graph);
}

function firstOf(rules: readonly Rule[]): Rule {
  return (site) => {
    for (const rule of rules) {
      const result = rule(site);
      if (result !== undefined) return result;
    }
    return undefined;
  };
}

/** Operands of relu on the train path. */
function rectifiedIn(graph: Graph): Set<Node> {
  return new Set(
    trainPath(graph).flatMap((node) => (node.op === "unary" && node.attrs.fn === "relu" ? node.operands : [])),
  );
}
