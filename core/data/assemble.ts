/**
 * The two sides of a split as spans of one sequence of tokens. Pieces that are long enough stay where they are, in memory or on
 * the disk; those shorter than a window are joined, on their own side, into one stretch in which a separator ends each.
 */
import { type Ids, inSequence, isArray, type TokenIds } from "../arrays/token-ids.ts";
import { type Piece, type Sides, sizeOf } from "./split.ts";

/** Some of a corpus: spans of one sequence of token ids. */
export interface Split {
  /** All tokens that are used, by position; both sides share them. */
  readonly tokens: TokenIds;
  /** Where each span starts in `tokens`. */
  readonly starts: Float64Array;
  /** Where each span ends, exclusive. */
  readonly ends: Float64Array;
  /** Which document of the corpus each span is of, -1 where short ones are joined; left out, each is one of its own. */
  readonly documents?: Int32Array;
  /** Whether a list of all windows would be too long. Default false. */
  readonly vast?: boolean;
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
  documents: readonly TokenIds[],
  sides: Sides,
  n_ctx: number,
  separator: ArrayLike<number> | undefined,
  vast = false,
): { readonly train: Side; readonly eval: Side } {
  const parts: TokenIds[] = [];
  let length = 0;
  const arrange = (pieces: readonly Piece[]) => {
    const spans: { start: number; end: number; document: number }[] = [];
    const addSpan = (part: TokenIds, document: number) => {
      parts.push(part);
      spans.push({ start: length, end: length + part.length, document });
      length += part.length;
    };
    const [long, small] = [true, false].map((isLong) => pieces.filter((piece) => sizeOf(piece) > n_ctx === isLong));
    for (const piece of long!) addSpan(partOf(documents[piece.document]!, piece), piece.document);
    const joined = separator === undefined ? undefined : joinedBy(separator, small!, documents);
    const joins = joined !== undefined && joined.length > n_ctx;
    if (joins) addSpan(joined, -1);
    return { spans, used: joins ? pieces : long!, packed: joins ? small! : [], short: joins ? [] : small! };
  };

  const [train, heldOut] = [arrange(sides.train), arrange(sides.eval)];
  const tokens = inSequence(parts);
  const side = ({ spans, used, packed, short }: ReturnType<typeof arrange>): Side => ({
    split: {
      tokens,
      starts: Float64Array.from(spans, ({ start }) => start),
      ends: Float64Array.from(spans, ({ end }) => end),
      documents: Int32Array.from(spans, ({ document }) => document),
      vast,
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

/** The ids of a piece, where they are. */
function partOf(ids: TokenIds, { start, end }: Piece): TokenIds {
  if (isArray(ids)) return ids.subarray(start, end);
  return {
    length: end - start,
    subarray: (from, to) => ids.subarray(start + from, start + to),
  };
}

/** Pieces as one stretch of ids. */
function joinedBy(separator: ArrayLike<number>, pieces: readonly Piece[], documents: readonly TokenIds[]): Ids {
  const all = pieces.map(({ document, start, end }) => documents[document]!.subarray(start, end));
  const most = all.reduce((sum, ids) => sum + ids.length + separator.length, 0);
  const wide = all.some((ids) => ids instanceof Uint32Array);
  const joined = wide ? new Uint32Array(most) : new Uint16Array(most);
  let at = 0;
  for (const ids of all) {
    joined.set(ids, at);
    at += ids.length;
    if (endsWith(ids, separator)) continue;
    joined.set(separator, at);
    at += separator.length;
  }
  return joined.subarray(0, at);
}

function endsWith(ids: Ids, separator: ArrayLike<number>): boolean {
  const from = ids.length - separator.length;
  return from >= 0 && Array.from(separator).every((id, i) => ids[from + i] === id);
}
