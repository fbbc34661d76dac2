/** The entry of a thread that tokenizes: answers texts with their ids. */
import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../../errors/errors.ts";
import type { EncodeReply, EncodeRequest, EncodeSettings } from "./encode.ts";
import { loadEncoder } from "./encoder.ts";

const { tokenizer, wide } = workerData as EncodeSettings;
const encoder = await loadEncoder(tokenizer);

parentPort!.on("message", ({ number, texts }: EncodeRequest) => {
  const reply: EncodeReply = { number, ...answer(texts) };
  parentPort!.postMessage(reply, reply.ids?.map(({ buffer }) => buffer as ArrayBuffer) ?? []);
});

function answer(texts: readonly string[]): Pick<EncodeReply, "ids" | "problem"> {
  try {
    return { ids: texts.map((text) => (wide ? Uint32Array.from(encoder.encode(text)) : own(encoder.encode(text)))) };
  } catch (thrown) {
    return { problem: reasonOf(thrown) };
  }
}

function own(ids: ArrayLike<number>): Uint16Array {
  return ids instanceof Uint16Array && ids.byteLength === ids.buffer.byteLength ? ids : Uint16Array.from(ids);
}
