/**
 * What the engine asks of the thread that ONNX Runtime runs in. `session.run` blocks the thread that calls it, so it has one of
 * its own: the main thread analyses and writes step k, and answers signals, while step k + 1 runs.
 */
import type { NDArray } from "../../arrays/ndarray.ts";
import type { ProviderName, TensorSpec } from "../engine.ts";

export type HostTensors = Readonly<Record<string, NDArray>>;

/** All that a session needs to know beside its model. */
export interface SessionPlan {
  readonly model: Uint8Array;
  readonly provider: ProviderName;
  readonly threads: number;
  /** State entries and inputs that the model reads. */
  readonly stateInputs: readonly string[];
  readonly batchInputs: readonly string[];
  /** State entries that it writes, and whether over their old values. */
  readonly stateOutputs: readonly { readonly entry: string; readonly inPlace: boolean }[];
  /** Where ONNX Runtime writes how long each node took, once the session is discarded; it adds the time of day to the name. */
  readonly profile?: string | undefined;
  readonly outputs: readonly { readonly name: string; readonly spec: TensorSpec }[];
}

/** States and sessions are numbers on this side. */
export interface HostCalls {
  about(): { readonly version: string; readonly providers: readonly string[] };
  build(plan: SessionPlan): number;
  upload(tensors: HostTensors): number;
  /** Adds entries to a state. */
  give(state: number, tensors: HostTensors): void;
  run(session: number, state: number, inputs: HostTensors): HostTensors;
  download(state: number): HostTensors;
  release(state: number): void;
  discard(session: number): void;
  /** Frees every state and session. */
  clear(): void;
}

export type HostCall = keyof HostCalls;

export interface HostRequest<K extends HostCall = HostCall> {
  readonly id: number;
  readonly call: K;
  readonly args: Parameters<HostCalls[K]>;
}

export interface HostReply {
  readonly id: number;
  readonly value?: unknown;
  /** The message of what was thrown. */
  readonly error?: string;
}
