/** A file of token ids, read by position. */
import type { Ids, TokenIds } from "../../core/arrays/token-ids.ts";
import { mostVocabulary } from "../../core/contract/tokenized.ts";
import { invalidData } from "../../core/errors/errors.ts";
import type { Bytes } from "./open-files.ts";
import { idsOf, type TokenFormat } from "./token-format.ts";

/** Bytes that are read at once where one reading goes on at the end of another. */
const ahead = 2 ** 20;

/** The ids of a whole file. Reading one that is not below `d_vocab` throws `data.invalid`. */
export class TokenFile implements TokenIds {
  readonly shown: string;
  readonly length: number;
  private readonly bytes: Bytes;
  private readonly format: TokenFormat;
  private readonly d_vocab: number | undefined;
  /** What was read ahead. */
  private block: { readonly start: number; readonly ids: Ids } | undefined;
  private end = 0;
  /** How many, from the first, have been found to be below d_vocab. */
  private checked = 0;

  constructor(shown: string, bytes: Bytes, format: TokenFormat & { readonly count: number }, d_vocab?: number) {
    this.shown = shown;
    this.bytes = bytes;
    this.format = format;
    this.length = format.count;
    this.d_vocab = d_vocab;
  }

  subarray(start: number, end: number): Ids {
    const goesOn = start === this.end;
    const { block } = this;
    this.end = end;
    if (block !== undefined && start >= block.start && end <= block.start + block.ids.length)
      return block.ids.subarray(start - block.start, end - block.start);
    const further = goesOn ? Math.max(end, Math.min(this.length, start + ahead / this.format.width)) : end;
    const ids = this.read(start, further);
    this.block = goesOn ? { start, ids } : undefined;
    return ids.subarray(0, end - start);
  }

  private read(start: number, end: number): Ids {
    const { width, offset } = this.format;
    const ids = idsOf(this.bytes.read(offset + start * width, (end - start) * width), width);
    if (end <= this.checked) return ids;
    const { d_vocab } = this;
    const below = d_vocab ?? mostVocabulary;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i]! < below) continue;
      const most = d_vocab === undefined ? `${below}, as all vocabularies have` : `d_vocab = ${d_vocab}`;
      const problem = `expected ids below ${most}, got ${ids[i]} at token ${start + i}.`;
      throw invalidData(this.shown, d_vocab === undefined ? `${problem} Does \`dtype\` fit the file?` : problem);
    }
    if (start <= this.checked) this.checked = end;
    return ids;
  }
}
