/** Collects the nodes of an ONNX graph while a graph is lowered. Values are names. */
import { sizeOf, type TypedArray } from "../../arrays/ndarray.ts";
import type { Bytes } from "../../wire/message.ts";
import { type DataType, modelProto, type NodeAttributes, nodeProto, tensorProto, valueInfo } from "./model-proto.ts";

export class OnnxWriter {
  private fields: Bytes[] = [];
  private readonly initializers: Bytes[] = [];
  private readonly constants = new Map<string, string>();
  /** What was emitted once, in the graph and in the branches that are open, innermost last. */
  private readonly scopes = [new Map<string, string>()];
  private count = 0;
  /** ONNX nodes so far. */
  nodes = 0;

  private fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  /** Adds a node with one result; `as` names the result, else a fresh name does. */
  emit(opType: string, inputs: readonly string[], attributes: NodeAttributes = {}, as?: string): string {
    const output = as ?? this.fresh("v");
    this.add(opType, inputs, [output], attributes);
    return output;
  }

  /** A node of ONNX Runtime's own operator set. */
  emitMicrosoft(opType: string, inputs: readonly string[], attributes: NodeAttributes, as?: string): string {
    const output = as ?? this.fresh("v");
    this.add(opType, inputs, [output], attributes, "com.microsoft");
    return output;
  }

  /** A node with two results. */
  emitPair(opType: string, inputs: readonly string[], attributes: NodeAttributes): readonly [string, string] {
    const outputs = [this.fresh("v"), this.fresh("v")] as const;
    this.add(opType, inputs, outputs, attributes);
    return outputs;
  }

  /** The same value under the public name `as`, where there is one. */
  rename(value: string, as: string | undefined): string {
    return as === undefined ? value : this.emit("Identity", [value], {}, as);
  }

  private add(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: NodeAttributes,
    domain = "",
  ): void {
    this.nodes++;
    this.fields.push(nodeProto(opType, inputs, outputs, attributes, domain));
  }

  initializer(dtype: DataType, shape: readonly number[], data: TypedArray | BigInt64Array): string {
    const name = this.fresh("c");
    this.initializers.push(tensorProto(name, dtype, shape, data));
    return name;
  }

  /** A vector of lengths, axes or positions; equal ones are shared. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.shared(`i ${shape} ${values}`, () =>
      this.initializer(
        "int64",
        shape,
        BigInt64Array.from(values, (value) => BigInt(value)),
      ),
    );
  }

  /** A scalar; equal ones are shared. */
  scalar(value: number, dtype: "float32" | "int32" = "float32"): string {
    return this.shared(`${dtype} ${Object.is(value, -0) ? "-0" : value}`, () =>
      this.initializer(dtype, [], (dtype === "float32" ? Float32Array : Int32Array).of(value)),
    );
  }

  private shared(key: string, make: () => string): string {
    const known = this.constants.get(key) ?? make();
    this.constants.set(key, known);
    return known;
  }

  /** A value that many may ask for, emitted once where all who ask can see it. */
  once(key: string, emit: () => string): string {
    const known = this.scopes.find((scope) => scope.has(key))?.get(key) ?? emit();
    this.scopes.at(-1)!.set(key, known);
    return known;
  }

  declare(role: "input" | "output", name: string, dtype: DataType, shape: readonly number[]): void {
    if (sizeOf(shape) >= 2 ** 31) throw new Error(`${name} has more than 2^31 elements`);
    this.fields.push(valueInfo(role, name, dtype, shape));
  }

  /** A branch of an `If`: what `write` emits, and the values that it gives, which must be made in it. Constants stand outside. */
  branch(write: () => readonly { readonly name: string; readonly dtype: DataType }[]): {
    readonly graph: readonly Bytes[];
  } {
    const outside = this.fields;
    this.fields = [];
    this.scopes.push(new Map());
    const results = write();
    this.scopes.pop();
    const graph = [...this.fields, ...results.map(({ name, dtype }) => valueInfo("output", name, dtype))];
    this.fields = outside;
    return { graph };
  }

  /** An `If` with these branches: the names of its results, as many as each branch gives. */
  either(
    condition: string,
    branches: { readonly yes: NodeAttributes[string]; readonly no: NodeAttributes[string] },
    as: readonly (string | undefined)[],
  ): readonly string[] {
    const outputs = as.map((name) => name ?? this.fresh("v"));
    this.add("If", [condition], outputs, { then_branch: branches.yes, else_branch: branches.no });
    return outputs;
  }

  /** The whole model, serialised. */
  model(): Bytes {
    return modelProto([...this.initializers, ...this.fields]);
  }
}
