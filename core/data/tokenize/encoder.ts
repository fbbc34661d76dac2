/** Any tokenizer, as far as writing a text's ids takes it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { unknownTokenizer } from "../../errors/errors.ts";
import { loadHubTokenizer } from "../tokenizers/hub.ts";
import { loadTokenizer } from "../tokenizers/load.ts";
import { type TokenizerName, tokenizerNames } from "../tokenizers/tokenizer.ts";

/** Text to ids, all of the vocabulary being in use. */
export interface Encoder {
  /** What is on record of it: its name, or the folder that was named. */
  readonly name: string;
  readonly d_vocab: number;
  /** The id that ends a document; undefined where the tokenizer's folder names none. */
  readonly separator: number | undefined;
  encode(text: string): ArrayLike<number>;
}

/** A tokenizer of ours by its name, or the one in a model's folder. */
export async function loadEncoder(tokenizer: string): Promise<Encoder> {
  if (isOurs(tokenizer)) {
    const { d_vocab, separator, encode } = await loadTokenizer(tokenizer);
    return { name: tokenizer, d_vocab, separator: separator[0], encode };
  }
  if (!existsSync(tokenizer)) throw unknownTokenizer(tokenizer, tokenizerNames);
  const { d_vocab, separator, encode } = await loadHubTokenizer(resolve(tokenizer));
  return { name: tokenizer, d_vocab, separator, encode };
}

function isOurs(name: string): name is TokenizerName {
  return (tokenizerNames as readonly string[]).includes(name);
}

/**
 * A text in parts whose ids, one after another, are those of the whole: `bytes` may be cut between any two characters, `gpt2`
 * before a single space between other characters, which begins a token there. Others are left whole.
 */
export function* inParts(text: string, tokenizer: string, size: number): Generator<string> {
  let start = 0;
  while (isOurs(tokenizer) && text.length - start > size) {
    cut.lastIndex = start + size;
    const found = cut.exec(text);
    if (found === null) break;
    yield text.slice(start, found.index + 1);
    start = found.index + 1;
  }
  yield text.slice(start);
}

const cut = /\S(?= \S)/g;
