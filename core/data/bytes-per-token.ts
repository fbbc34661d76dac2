/** From nats per token to bits per byte: the bytes are those of the tokens that were predicted, whichever text they are of. */
import type { NDArray } from "../arrays/ndarray.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** UTF-8 bytes that a target token stands for, mean; undefined without a tokenizer. */
export function bytesPerToken({ data }: NDArray<Int32Array>, tokenizer: Tokenizer | undefined): number | undefined {
  return tokenizer && tokenizer.byteLength(data) / data.length;
}

/** A loss in nats per token as bits per byte of text. */
export function bitsPerByte(loss: number, bytes: number): number {
  return loss / Math.LN2 / bytes;
}
