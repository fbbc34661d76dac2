/**
 * The two sides of a split as one flat array of tokens. Pieces that are long enough stay as they are; those shorter than a
 * window are joined, on their own side, into one stretch in which a separator ends each.
 */
import { type Piece, type Sides, sizeOf } from "./split.ts";

/** Some of a corpus: spans of one flat array of token ids. */
export interface Split {
  /** All tokens that are used; both sides share the array. */
  readonly tokens: Uint16Array;
  /** Where each span starts in `tokens`. */
  readonly starts: Uint32Array;
  /** Where each span ends, exclusive. */
  readonly ends: Uint32Array;
  /** Which document of the corpus each span is of, -1 where short ones are joined; left out, each is one of its own. */
  readonly documents?: Int32Array;
}

/** Tokens are counted without the separators that joining puts between them. */
export interface Amount {
  /** Documents of which at least a part is meant. */
  readonly documents: number;
  readonly tokens: number;
}

export interface Side {
  readonly split: Split;
  /** What is in `split`. */
  readonly used: Amount;
  /** What of it was joined. */
  readonly packed: Amount;
  /** What is not in it: pieces that no window fits into, where they are not joined or do not come to a window together. */
  readonly short: Amount;
}

/** Whether a piece of either side is shorter than a window. */
export function hasShortPieces({ train, eval: heldOut }: Sides, n_ctx: number): boolean {
  return [...train, ...heldOut].some((piece) => sizeOf(piece) <= n_ctx);
}

/** `separator`: ids that end a joined piece, unless it ends with them already; when left out, short pieces are not joined. */
export function assemble(
  documents: readonly Uint16Array[],
  sides: Sides,
  n_ctx: number,
  separator: ArrayLike<number> | undefined,
): { readonly train: Side; readonly eval: Side } {
  const parts: Uint16Array[] = [];
  let length = 0;
  const arrange = (pieces: readonly Piece[]) => {
    const spans: { start: number; end: number; document: number }[] = [];
    const addSpan = (of: readonly Uint16Array[], document: number) => {
      const start = length;
      for (const part of of) {
        parts.push(part);
        length += part.length;
      }
      spans.push({ start, end: length, document });
    };
    const idsOf = ({ document, start, end }: Piece) => documents[document]!.subarray(start, end);
    const [long, small] = [true, false].map((isLong) => pieces.filter((piece) => sizeOf(piece) > n_ctx === isLong));
    for (const piece of long!) addSpan([idsOf(piece)], piece.document);
    const ended = separator === undefined ? [] : small!.map((piece) => endedBy(separator, idsOf(piece)));
    const joins = ended.reduce((sum, ids) => sum + ids.length, 0) > n_ctx;
    if (joins) addSpan(ended, -1);
    return { spans, used: joins ? pieces : long!, packed: joins ? small! : [], short: joins ? [] : small! };
  };

  const [train, heldOut] = [arrange(sides.train), arrange(sides.eval)];
  const tokens = new Uint16Array(length);
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
  }
  const side = ({ spans, used, packed, short }: ReturnType<typeof arrange>): Side => ({
    split: {
      tokens,
      starts: Uint32Array.from(spans, ({ start }) => start),
      ends: Uint32Array.from(spans, ({ end }) => end),
      documents: Int32Array.from(spans, ({ document }) => document),
    },
    used: amountOf(used),
    packed: amountOf(packed),
    short: amountOf(short),
  });
  return { train: side(train), eval: side(heldOut) };
}

function amountOf(pieces: readonly Piece[]): Amount {
  return {
    documents: new Set(pieces.map(({ document }) => document)).size,
    tokens: pieces.reduce((sum, piece) => sum + sizeOf(piece), 0),
  };
}

function endedBy(separator: ArrayLike<number>, ids: Uint16Array): Uint16Array {
  const from = ids.length - separator.length;
  if (from >= 0 && Array.from(separator).every((id, i) => ids[from + i] === id)) return ids;
  const ended = new Uint16Array(ids.length + separator.length);
  ended.set(ids);
  ended.set(separator, ids.length);
  return ended;
}
