/** The entry of ONNX Runtime's thread: answers calls one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../../errors/errors.ts";
import { ExitGate } from "./exit-gate.ts";
import type { HostCall, HostCalls, HostReply, HostRequest, HostTensors } from "./host-calls.ts";
import { type HostedSession, hostedSession } from "./hosted-session.ts";
import { arrayOf, type HostedState, hostedState, tensorOf } from "./hosted-state.ts";

type Answers = { [K in HostCall]: (...args: Parameters<HostCalls[K]>) => Promise<ReturnType<HostCalls[K]>> };

const gate = new ExitGate(workerData as SharedArrayBuffer);
const ort = await import("onnxruntime-node");
ort.env.logLevel = "fatal"; // what fails is thrown too, and worded where it is caught
gate.leave();
const sessions = new Map<number, HostedSession>();
const states = new Map<number, HostedState>();
let handles = 0;

function kept<T>(map: Map<number, T>, value: T): number {
  map.set(++handles, value);
  return handles;
}

const answers: Answers = {
  about: async () => ({
    version: ort.env.versions.node ?? ort.env.versions.common,
    providers: ort.listSupportedBackends().map(({ name }) => name),
  }),
  build: async (plan) => kept(sessions, await hostedSession(ort, plan)),
  upload: async (tensors) => kept(states, hostedState(ort, tensors)),
  give: async (state, tensors) => {
    for (const [name, array] of Object.entries(tensors)) states.get(state)!.current.set(name, tensorOf(ort, array));
  },
  run: async (session, state, inputs) => sessions.get(session)!.run(states.get(state)!, inputs),
  download: async (state) =>
    Object.fromEntries([...states.get(state)!.current].map(([name, tensor]) => [name, arrayOf(tensor)])),
  release: async (state) => {
    states.delete(state);
  },
  discard: async (session) => {
    await sessions.get(session)?.discard();
    sessions.delete(session);
  },
  clear: async () => {
    states.clear();
    for (const session of sessions.values()) await session.discard();
    sessions.clear();
  },
};

async function answered({ id, call, args }: HostRequest): Promise<HostReply> {
  try {
    return { id, value: await (answers[call] as (...given: unknown[]) => Promise<unknown>)(...args) };
  } catch (thrown) {
    return { id, error: reasonOf(thrown) };
  }
}

/** The arrays of an answer are its own: they move, where others would be copied. */
function buffersOf({ call }: HostRequest, { value }: HostReply): ArrayBuffer[] {
  if (call !== "run" && call !== "download") return [];
  return Object.values((value ?? {}) as HostTensors).map(({ data }) => data.buffer as ArrayBuffer);
}

async function answer(request: HostRequest): Promise<void> {
  await gate.enter();
  const reply = await answered(request);
  parentPort!.postMessage(reply, buffersOf(request, reply));
  gate.leave();
}

let last: Promise<void> = Promise.resolve();
parentPort!.on("message", (request: HostRequest) => {
  last = last.then(() => answer(request));
});
