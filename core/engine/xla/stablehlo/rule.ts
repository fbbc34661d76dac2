/** What lowers one kind of node. */
import type { PrecisionName } from "../../engine.ts";
import type { NodeOf, Op } from "../../graph/node.ts";
import type { Value } from "./types.ts";
import type { StablehloWriter } from "./writer.ts";

/** What a rule gets. */
export interface Lowering {
  readonly writer: StablehloWriter;
  readonly operands: readonly Value[];
  readonly precision: PrecisionName;
}

export type LoweringRule<O extends Op> = (node: NodeOf<O>, lowering: Lowering) => Value;
