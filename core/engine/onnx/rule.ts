/** What a rule is that lowers one operation of the graph to ONNX. */
import type { NodeOf, Op } from "../graph/node.ts";
import type { OnnxWriter } from "./writer.ts";

/** What a rule gets: a writer, the names of the operands, and the name that the result must have where it has one. */
export interface Lowering {
  readonly writer: OnnxWriter;
  readonly operands: readonly string[];
  readonly as: string | undefined;
  /** Whether all operands are as long as their shapes say. */
  readonly whole: boolean;
}

/** A rule returns the name of the result. */
export type Rule<O extends Op> = (node: NodeOf<O>, lowering: Lowering) => string;
export type Rules = { readonly [O in Op]?: Rule<O> };
