import { mergeBytePairs } from "./byte-pairs.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A word that was merged once is looked up from then on: prose has few words, often. Both bounds only save memory. */
const longestCached = 64;
const mostCached = 2 ** 18;

/** What the separator decodes to. In a text it is encoded as the text that it is. */
export const endOfText = "<|endoftext|>";

/**
 * GPT-2's byte-pair encoding. No text encodes to its last id, `<|endoftext|>`: that is the separator. The table of
 * merges (`r50k_base`) is imported only here: it is a megabyte that the other commands must not load.
 */
export async function loadGpt2(): Promise<Tokenizer> {
  const { default: table } = await import("js-tiktoken/ranks/r50k_base");
  const byteStrings = byteStringsOf(table.bpe_ranks);
  const ranks = new Map(byteStrings.map((bytes, id) => [bytes, id]));
  const word = new RegExp(table.pat_str, "gu");
  const cache = new Map<string, readonly number[]>();

  function idsOf(text: string): readonly number[] {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const bytes = Buffer.from(text, "utf8").toString("latin1");
    const whole = ranks.get(bytes);
    const ids = whole === undefined ? mergeBytePairs(bytes, ranks) : [whole];
    if (cache.size >= mostCached) cache.clear();
    if (text.length <= longestCached) cache.set(text, ids);
    return ids;
  }

  const separator = byteStrings.length;
  const byteLengthOf = (id: number) => byteStrings[id]?.length ?? 0;
  const textOf = (id: number) => byteStrings[id] ?? (id === separator ? endOfText : "");
  return {
    name: "gpt2",
    d_vocab: byteStrings.length + 1,
    separator: [separator],
    encode(text) {
      const ids = new Uint16Array(Buffer.byteLength(text, "utf8")); // a token is at least one byte
      let length = 0;
      for (const [match] of text.matchAll(word)) for (const id of idsOf(match)) ids[length++] = id;
      return ids.slice(0, length);
    },
    decode: (ids) => Buffer.from(Array.from(ids, textOf).join(""), "latin1").toString("utf8"),
    bytesOf: (id) => Buffer.from(textOf(id), "latin1"),
    byteLength(ids) {
      let length = 0;
      for (let i = 0; i < ids.length; i++) length += byteLengthOf(ids[i]!);
      return length;
    },
  };
}

/** The table's lines are `! first-id base64 base64 ...`; what comes out is indexed by id, one character a byte. */
function byteStringsOf(table: string): string[] {
  const strings: string[] = [];
  for (const line of table.split("\n")) {
    const [, first, ...tokens] = line.split(" ");
    tokens.forEach((token, i) => {
      strings[Number(first) + i] = Buffer.from(token, "base64").toString("latin1");
    });
  }
  return strings;
}
