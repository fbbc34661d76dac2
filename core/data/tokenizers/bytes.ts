import type { Tokenizer } from "./tokenizer.ts";

const utf8 = new TextEncoder();

/** UTF-8 bytes: 256 ids, one a byte. */
export const bytes: Tokenizer = {
  name: "bytes",
  d_vocab: 256,
  separator: [0],
  encode: (text) => new Uint16Array(utf8.encode(text)),
  decode: (ids) => Buffer.from(Uint8Array.from(ids)).toString("utf8"),
  bytesOf: (id) => (id < 256 ? Uint8Array.of(id) : new Uint8Array()),
  byteLength: (ids) => ids.length,
};
