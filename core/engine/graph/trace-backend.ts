/** A TensorFlow.js backend that computes nothing: its kernels add nodes to the graph that is being traced. */

import type { BackendValues, DataType, KernelBackend, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs";
import type { TypedArray } from "../../arrays/ndarray.ts";
import { invalidStep } from "../../errors/errors.ts";
import type { DType } from "../engine.ts";
import { quietTensorflow } from "../quiet.ts";
import { tf } from "../tensorflow.ts";
import type { GraphBuilder } from "./builder.ts";
import { kernels } from "./kernels/index.ts";
import type { KernelInputs } from "./kernels/kernel.ts";
import type { Node } from "./node.ts";

/** The backend's name in TensorFlow.js; kernels are registered under it once, when this module loads. */
export const backendName = "trace";

/** A graph in the making, and the first thing in the traced function that cannot be part of a graph. */
export interface Tracing {
  readonly builder: GraphBuilder;
  /** What errors call the traced function. */
  readonly name: string;
  violation?: Error;
}

class TraceBackend extends tf.KernelBackend {
  tracing: Tracing | undefined;
  private readonly nodes = new WeakMap<object, Node>();

  /** The node behind a tensor; a tensor of another backend, captured by the traced function, becomes a constant. */
  nodeOf(tensor: TensorInfo): Node {
    const known = this.nodes.get(tensor.dataId);
    if (known !== undefined) {
      // A reshaped view shares its data with what it views.
      return this.builder.reshape(known, tensor.shape);
    }
    const owner = tf.engine().state.tensorInfo.get(tensor.dataId)?.backend;
    const values = (owner as KernelBackend).readSync(tensor.dataId);
    const node = this.constant(values, tensor.shape, tensor.dtype);
    this.nodes.set(tensor.dataId, node);
    return node;
  }

  infoOf(node: Node): TensorInfo {
    const dataId = {};
    this.nodes.set(dataId, node);
    return { dataId, shape: [...node.shape], dtype: node.dtype };
  }

  get builder(): GraphBuilder {
    if (this.tracing === undefined) throw invalidStep("traced step", "one of its tensors was used after tracing.");
    return this.tracing.builder;
  }

  private constant(values: unknown, shape: readonly number[], dtype: string): Node {
    const data = typedArray(values, dtype);
    return this.builder.constant(data, shape, dtype as DType);
  }

  /** Remembers an error even when the traced function swallows it, and throws it. */
  refuse(problem: string): never {
    const error = invalidStep(this.tracing?.name ?? "traced step", `${problem}.`);
    if (this.tracing !== undefined) this.tracing.violation ??= error;
    throw error;
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): object {
    const node = this.constant(values, shape, dtype);
    const dataId = {};
    this.nodes.set(dataId, node);
    return dataId;
  }
  /** The node behind a tensor: one for all tensors of equal expressions. */
  equalValue(dataId: object): object | undefined {
    return this.nodes.get(dataId);
  }
  /** `x`, once all of `before` have been computed. */
  after(x: TensorInfo, before: readonly TensorInfo[]): TensorInfo {
    return this.infoOf(
      this.builder.after(
        this.nodeOf(x),
        before.map((one) => this.nodeOf(one)),
      ),
    );
  }
  override move(dataId: object, values: BackendValues, shape: number[], dtype: DataType): void {
    this.nodes.set(dataId, this.constant(values, shape, dtype));
  }
  override readSync(dataId: object): BackendValues {
    const node = this.nodes.get(dataId);
    if (node?.op === "constant") return node.attrs.data as Float32Array;
    return this.refuse(
      "it reads the values of a tensor (data, dataSync, array, print …), which has none while it is traced",
    );
  }
  override async read(dataId: object): Promise<BackendValues> {
    try {
      return this.readSync(dataId);
    } catch {
      return new Float32Array(0); // the violation is on record; nobody may be there to catch a rejection
    }
  }
  override numDataIds(): number {
    return 0;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override timerAvailable(): boolean {
    return false;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

function typedArray(values: unknown, dtype: string): TypedArray {
  const list = values as ArrayLike<number>;
  switch (dtype) {
    case "float32":
      return Float32Array.from(list);
    case "int32":
      return Int32Array.from(list);
    case "bool":
      return Uint8Array.from(list);
    default:
      return backend.refuse(`it makes a tensor of dtype ${dtype}; a compiled step has float32, int32 and bool`);
  }
}

/** The one instance. */
export const backend: TraceBackend = new TraceBackend();

function nodesOf(inputs: NamedTensorInfoMap | undefined): KernelInputs {
  const nodes: Record<string, Node> = {};
  for (const [name, tensor] of Object.entries(inputs ?? {})) {
    if (tensor != null) nodes[name] = backend.nodeOf(tensor);
  }
  return nodes;
}

function register(): void {
  tf.registerBackend(backendName, () => backend, 0);
  const known = new Set([
    ...tf.getKernelsForBackend("cpu").map((kernel) => kernel.kernelName),
    ...Object.keys(kernels),
  ]);
  for (const kernelName of known) {
    const trace = kernels[kernelName];
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        if (trace === undefined) return backend.refuse(`it uses ${kernelName}, which the compiled engine does not map`);
        const made = trace({
          builder: backend.builder,
          inputs: nodesOf(inputs),
          attrs: attrs ?? {},
          refuse: backend.refuse.bind(backend),
        });
        return Array.isArray(made) ? made.map((node) => backend.infoOf(node)) : backend.infoOf(made);
      },
    });
  }
}

quietTensorflow();
register();
