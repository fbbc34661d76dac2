/** What every tokenizer is: text to token ids and back, without loss. */

export interface Tokenizer {
  readonly name: TokenizerName;
  /** Ids are 0 to d_vocab - 1; never more than 65536, so that ids fit in 16 bits. */
  readonly d_vocab: number;
  /** For compacted ids: the tokenizer's own id of each. It is all that is needed to decode later (`loadTokenizer`). */
  readonly vocabulary?: Uint16Array;
  /** An unpaired surrogate, which UTF-8 cannot hold, becomes U+FFFD; all else comes back from `decode` as it was. */
  encode(text: string): Uint16Array;
  /** Ids that cut a character in two decode to U+FFFD there. */
  decode(ids: ArrayLike<number>): string;
  /** What stands between documents that are joined: `<|endoftext|>` for gpt2, a zero byte, which no text has, for bytes. */
  readonly separator: ArrayLike<number>;
  /** What one id stands for, in UTF-8, which may be a part of a character; none for an id that it does not have. */
  bytesOf(id: number): Uint8Array;
  /** UTF-8 bytes that the ids stand for; none for `<|endoftext|>`. */
  byteLength(ids: ArrayLike<number>): number;
}

export const tokenizerNames = ["bytes", "gpt2"] as const;
export type TokenizerName = (typeof tokenizerNames)[number];
