/**
 * Leaves out of products the units that are silent over the whole batch, which is exact: a unit that fires for no token adds nothing to
 * `W_out`'s product, and every gradient of its weights is zero. What fires is gathered, multiplied, and put back among zeros. Where
 * nearly all units fire, gathering costs more than it saves, and the whole products are computed; the batch alone decides.
 *
 * The MLP is turned on its side for that, `[units tokens]`: the rows of units that fire are gathered a row at a time, where columns
 * would be gathered number by number.
 */
import type { GraphBuilder } from "../../builder.ts";
import type { Graph, Node } from "../../node.ts";
import type { Rule } from "../../rewrite.ts";
import { type Product, type RectifiedMlp, rectifiedMlps } from "./find.ts";
import { type Firing, firing, zeros } from "./firing.ts";
import { multiplied, rowsOf, type Sideways, transposed, turned } from "./sideways.ts";

/** Up to which share of units that fire leaving out the others pays, in an MLP of this shape; 0: never. */
export type PaysOff = (tokens: number, d_model: number, d_mlp: number) => number;

/** The rule for a graph. */
export function skipSilent(graph: Graph, paysOff: PaysOff): Rule {
  const become = new Map<Node, (site: Parameters<Rule>[0]) => Node>();
  for (const mlp of rectifiedMlps(graph)) {
    const [tokens, d_mlp] = mlp.relu.shape as [number, number];
    const share = paysOff(tokens, mlp.before.operands[0]!.shape[1]!, d_mlp);
    if (share <= 0) continue;
    const skipping = new Skipping(mlp, Math.floor(share * d_mlp));
    become.set(mlp.before, ({ builder, now }) => transposed(builder, turned(builder, mlp, now).before));
    become.set(mlp.relu, ({ builder, now }) => transposed(builder, turned(builder, mlp, now).relu));
    for (const product of mlp.forward) become.set(product.node, (site) => skipping.product(site, product, "forward"));
    for (const product of mlp.backward) become.set(product.node, (site) => skipping.product(site, product, "backward"));
  }
  return (site) => become.get(site.old)?.(site);
}

/** One MLP's products over the units that fire, or where nearly all do, over all. */
class Skipping {
  private readonly mlp: RectifiedMlp;
  /** Units that may fire where leaving out the others pays. */
  private readonly most: number;
  private known: Firing | undefined;
  /** What the forward pass gathers. */
  private readonly gathered = new Map<Node, Node>();

  constructor(mlp: RectifiedMlp, most: number) {
    this.mlp = mlp;
    this.most = most;
  }

  product({ builder, now }: Parameters<Rule>[0], product: Product, phase: "forward" | "backward"): Node {
    const { mlp, gathered } = this;
    const whole: Sideways = {
      relu: turned(builder, mlp, now).relu,
      matrix: (old) => rowsOf(builder, mlp, old, now),
    };
    this.known ??= firing(builder, mlp, whole, this.most);
    const { few, positions, places } = this.known;

    const pick = (old: Node, rows: Node): Node => {
      const earlier = gathered.get(old);
      // Where nearly all fire, the forward pass gathers nothing, and nobody reads it.
      if (phase === "backward" && earlier)
        return builder.choose(`${mlp.relu.id} forward`, few, earlier, builder.scalar(0));
      const picked = builder.make("gather", { axis: 0 }, [rows, positions], rows.shape, rows.dtype);
      if (phase === "forward") gathered.set(old, picked);
      return picked;
    };
    const those: Sideways = {
      relu: pick(mlp.relu, whole.relu),
      matrix: (old) => pick(old, whole.matrix(old)),
    };

    const group = `${mlp.relu.id} ${phase}`;
    const all = multiplied(builder, mlp, product, whole, now);
    const some = multiplied(builder, mlp, product, those, now);
    if (product.unitAxis === undefined) return builder.choose(group, few, some, all);
    const back = spread(builder, some, zeros(builder, mlp, product, now), places);
    const rows = builder.choose(group, few, back, all);
    return product.unitAxis === 0 ? rows : transposed(builder, rows);
  }
}

/** Rows put back to their places, `other` everywhere else. */
function spread(b: GraphBuilder, rows: Node, other: Node, places: Node): Node {
  return b.make("gather", { axis: 0 }, [b.concat([other, rows], 0), places], rows.shape, rows.dtype);
}
