/** What a traced kernel is: a function from nodes and attributes to nodes. */
import type { GraphBuilder } from "../builder.ts";
import type { Node } from "../node.ts";

export type KernelInputs = Readonly<Record<string, Node>>;

/** One call of a kernel. `attrs` are as TensorFlow.js gives them. */
export interface KernelCall {
  readonly builder: GraphBuilder;
  readonly inputs: KernelInputs;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Ends the trace with an error: "it …". */
  refuse(problem: string): never;
}

export type Kernel = (call: KernelCall) => Node | Node[];
export type Kernels = Readonly<Record<string, Kernel>>;

/** An input that the kernel always has. */
export function operand(call: KernelCall, name: string): Node {
  const node = call.inputs[name];
  if (node === undefined) throw new Error(`kernel input ${name} is missing`);
  return node;
}

/** Inputs that come as a list (Concat, Pack, AddN). */
export function operandList(call: KernelCall): Node[] {
  return Object.values(call.inputs);
}

/** Axes from an attribute that is one axis, several, or (all of them) none; counted from the front. */
export function axesOf(axis: unknown, rank: number): number[] {
  const given = axis === undefined || axis === null ? [] : Array.isArray(axis) ? (axis as number[]) : [axis as number];
  const axes = given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given;
  return axes.map((a) => (a < 0 ? a + rank : a));
}
