/**
 * A whole graph as a StableHLO module. Arguments: state entries, then all float scalars as one vector, then the other inputs.
 * Results: the next state, each entry in the memory of the old one, then all readings as one vector of 32-bit words, so that
 * whatever a step reports crosses to the host in one copy.
 */
import { sizeOf } from "../../../arrays/ndarray.ts";
import type { PrecisionName, TensorSpec } from "../../engine.ts";
import { type Graph, type Node, type NodeOf, reachable } from "../../graph/node.ts";
import { lowerNode } from "./lower.ts";
import { separation } from "./separate.ts";
import { elementOf, tensorType, typeOf, type Value } from "./types.ts";
import { list, StablehloWriter } from "./writer.ts";

/** How a module is made. */
export interface ModulePlan {
  readonly precision: PrecisionName;
  /** Devices that share the batch: inputs are split along their first axis where it divides, all else is on every device. */
  readonly devices: number;
}

/** An argument: an entry of the state, an input, or the vector of scalars. */
export type Argument =
  | { readonly role: "state"; readonly name: string }
  | { readonly role: "input"; readonly name: string; readonly spec: TensorSpec; readonly split: boolean }
  | { readonly role: "scalars"; readonly names: readonly string[] };

/** Where an output lies in the vector of readings: `offset` in words. Several names may share a place. */
export interface Reading {
  readonly name: string;
  readonly spec: TensorSpec;
  readonly offset: number;
}

export interface LoweredModule {
  readonly text: string;
  readonly args: readonly Argument[];
  /** State entries that change, in the order of the results; the readings follow where there are any. */
  readonly changed: readonly string[];
  readonly readings: readonly Reading[];
  /** Length of the vector of readings; 0 where there is none. */
  readonly words: number;
}

/** Writes the module. */
export function lowerModule(graph: Graph, plan: ModulePlan): LoweredModule {
  const writer = new StablehloWriter();
  const nodes = reachable([...graph.state.values(), ...graph.outputs.values()]);
  const inputs = nodes.filter((node) => node.op === "input");
  const args = argumentsOf(inputs, plan);
  const { values, declared } = declare(args, inputs, writer);
  const separate = separation(graph, values, writer, plan.precision);
  for (const node of nodes) {
    if (node.op === "input") continue;
    const operands = node.operands.map((operand) => separate.operand(node, operand));
    values.set(node, separate.result(node, lowerNode(node, { writer, operands, precision: plan.precision })));
  }
  const { readings, words, vector } = packed(graph.outputs, values, writer);
  const next = [...graph.state.values()].map((node) => values.get(node)!);
  const results = vector === undefined ? next : [...next, vector];
  const changed = [...graph.state.keys()];
  return { text: moduleText(declared, args, changed, results, writer.lines, plan), args, changed, readings, words };
}

function argumentsOf(inputs: readonly NodeOf<"input">[], { devices }: ModulePlan): Argument[] {
  const named = (node: NodeOf<"input">) => node.attrs.name;
  const state = inputs
    .filter(({ attrs }) => attrs.role === "state")
    .map((node) => ({ role: "state", name: named(node) }) as const);
  const scalars = inputs.filter(isScalarInput).map(named);
  const others = inputs
    .filter((node) => node.attrs.role === "input" && !isScalarInput(node))
    .map((node) => {
      const { shape, dtype } = node;
      const split = devices > 1 && shape.length > 0 && shape[0]! % devices === 0;
      return { role: "input", name: named(node), spec: { shape, dtype }, split } as const;
    });
  return [...state, ...(scalars.length > 0 ? [{ role: "scalars", names: scalars } as const] : []), ...others];
}

function isScalarInput({ attrs, shape, dtype }: NodeOf<"input">): boolean {
  return attrs.role === "input" && shape.length === 0 && dtype === "float32";
}

/** The arguments as values, and each input node's value: its argument, or its element of the vector of scalars. */
function declare(args: readonly Argument[], inputs: readonly NodeOf<"input">[], writer: StablehloWriter) {
  const values = new Map<Node, Value>();
  const declared = args.map((arg, i): Value => {
    const name = `%arg${i}`;
    if (arg.role === "scalars") {
      const vector: Value = { name, shape: [arg.names.length], element: "f32" };
      for (const [at, scalar] of arg.names.entries()) {
        const node = inputs.find(({ attrs }) => attrs.role === "input" && attrs.name === scalar)!;
        values.set(node, writer.reshape(writer.slice(vector, [at], [1], [1]), []));
      }
      return vector;
    }
    const node = inputs.find(({ attrs }) => attrs.role === arg.role && attrs.name === arg.name)!;
    const value: Value = { name, shape: node.shape, element: elementOf(node.dtype) };
    values.set(node, value);
    return value;
  });
  return { values, declared };
}

/** All outputs as one vector of words: floats by their bits, truth values as 0 and 1. */
function packed(outputs: ReadonlyMap<string, Node>, values: ReadonlyMap<Node, Value>, w: StablehloWriter) {
  const readings: Reading[] = [];
  const parts: Value[] = [];
  const offsets = new Map<Node, number>();
  let words = 0;
  for (const [name, node] of outputs) {
    const { shape, dtype } = node;
    if (!offsets.has(node)) {
      const flat = w.reshape(values.get(node)!, [sizeOf(shape)]);
      offsets.set(node, words);
      words += sizeOf(shape);
      parts.push(flat.element === "f32" ? bits(w, flat) : w.convert(flat, "i32"));
    }
    readings.push({ name, spec: { shape, dtype }, offset: offsets.get(node)! });
  }
  return { readings, words, vector: parts.length === 0 ? undefined : w.concatenate(parts, 0) };
}

function bits(w: StablehloWriter, x: Value): Value {
  const type = tensorType(x.shape, "i32");
  return w.emit(`stablehlo.bitcast_convert ${x.name} : (${typeOf(x)}) -> ${type}`, x.shape, "i32");
}

function moduleText(
  declared: readonly Value[],
  args: readonly Argument[],
  changed: readonly string[],
  results: readonly Value[],
  lines: readonly string[],
  { devices }: ModulePlan,
): string {
  const sharded = (rank: number, split: boolean) =>
    devices === 1 ? [] : [`sdy.sharding = #sdy.sharding<@mesh, ${list(axes(rank, split))}>`];
  const attributes = (all: readonly string[]) => (all.length === 0 ? "" : ` {${all.join(", ")}}`);
  const parameters = args.map((arg, i) => {
    const { name, shape } = declared[i]!;
    const result = arg.role === "state" ? changed.indexOf(arg.name) : -1;
    const alias = result < 0 ? [] : [`tf.aliasing_output = ${result} : i32`];
    const split = arg.role === "input" && arg.split;
    const comma = i < args.length - 1 ? "," : "";
    const about = arg.role === "scalars" ? arg.names.join(" ") : arg.name;
    return `    ${name}: ${typeOf(declared[i]!)}${attributes([...alias, ...sharded(shape.length, split)])}${comma} // ${about.replace(/\s+/g, " ")}`;
  });
  const types = results.map((value) => `${typeOf(value)}${attributes(sharded(value.shape.length, false))}`);
  const names = results.map(({ name }) => name).join(", ");
  const mesh = devices === 1 ? [] : [`  sdy.mesh @mesh = <["batch"=${devices}]>`];
  return [
    `module @step attributes {mhlo.num_partitions = ${devices} : i32, mhlo.num_replicas = 1 : i32} {`,
    ...mesh,
    "  func.func public @main(",
    ...parameters,
    `  ) -> (${types.join(", ")}) {`,
    ...lines.map((line) => `    ${line}`),
    `    return ${names} : ${results.map(typeOf).join(", ")}`,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** How each axis is laid out over the devices. */
function axes(rank: number, split: boolean): string[] {
  return Array.from({ length: rank }, (_, axis) => (split && axis === 0 ? '{"batch"}' : "{}"));
}
