/** Which text trains and which is held out: a share of the tokens, drawn by lot. */

import { createRandom } from "../arrays/random.ts";
import { invalidData } from "../errors/errors.ts";

/** A stretch of one document. */
export interface Piece {
  readonly document: number;
  /** Tokens from the document's first. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Pieces in corpus order; neighbours of one document on the same side are one piece. */
export interface Sides {
  readonly train: readonly Piece[];
  readonly eval: readonly Piece[];
  /** `documents`: whole ones. `blocks`: at least one was too large for that, and was cut. `corpora`: each side has its own. */
  readonly by: "documents" | "blocks" | "corpora";
}

export interface SplitOptions {
  /** Share of the tokens that is held out; each side has room for at least one window. */
  readonly eval_fraction: number;
  /** Decides, alone, which text it is: runs that differ in their training seed are evaluated on the same. */
  readonly split_seed: number;
  readonly n_ctx: number;
  /** Whether pieces shorter than a window are joined later; where they are not, they give no window. */
  readonly pack: boolean;
}

/** A document that holds more than this part of what is to be held out is cut. */
const largestPart = 1 / 2;
/** Blocks that a text held out comes in, about, when documents are cut: it is then from as many places. */
const blocksHeldOut = 8;

/**
 * Splits documents of these lengths (tokens). Units, which are documents or blocks of large ones, are held out in an order by
 * lot, each one that still fits into the share. Throws `data.invalid` when a side would have no window; `where` names the corpus.
 */
export function splitDocuments(lengths: readonly number[], options: SplitOptions, where: string): Sides {
  const { eval_fraction, n_ctx, split_seed } = options;
  const least = n_ctx + 1;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total < 2 * least) throw tooShort(lengths, options, where);
  const target = Math.min(total - least, Math.max(least, Math.round(eval_fraction * total)));
  const blocks = lengths.map((length, document) => blocksOf(document, length, target, least));
  const units = blocks.flat();

  const heldOut = new Set<number>();
  let tokens = 0;
  const order = byLot(units.length, split_seed);
  for (const i of order) {
    if (tokens + sizeOf(units[i]!) > target) continue;
    heldOut.add(i);
    tokens += sizeOf(units[i]!);
  }
  const side = (isHeld: boolean) => units.filter((_, i) => heldOut.has(i) === isHeld);
  if (!hasWindow(side(true), options)) {
    // Everything is larger than the share: the smallest that gives a window.
    const candidates = order.filter((i) => !heldOut.has(i) && sizeOf(units[i]!) >= least);
    const smallest = candidates.toSorted((a, b) => sizeOf(units[a]!) - sizeOf(units[b]!))[0];
    if (smallest !== undefined) heldOut.add(smallest);
  }
  if (!hasWindow(side(true), options) || !hasWindow(side(false), options)) throw tooShort(lengths, options, where);
  return {
    train: joined(side(false)),
    eval: joined(side(true)),
    by: blocks.some(({ length }) => length > 1) ? "blocks" : "documents",
  };
}

function blocksOf(document: number, length: number, target: number, least: number): Piece[] {
  if (length === 0) return [];
  const size = Math.max(least, Math.ceil(target / blocksHeldOut));
  const most = Math.floor(length / least);
  const count = length > largestPart * target ? Math.max(1, Math.min(Math.ceil(length / size), most)) : 1;
  const edge = (i: number) => Math.floor((i * length) / count);
  return Array.from({ length: count }, (_, i) => ({ document, start: edge(i), end: edge(i + 1) }));
}

function hasWindow(units: readonly Piece[], { n_ctx, pack }: SplitOptions): boolean {
  if (units.some((unit) => sizeOf(unit) > n_ctx)) return true;
  return pack && units.reduce((sum, unit) => sum + sizeOf(unit), 0) > n_ctx;
}

function joined(units: readonly Piece[]): Piece[] {
  const pieces: Piece[] = [];
  for (const unit of units) {
    const last = pieces.at(-1);
    if (last?.document === unit.document && last.end === unit.start)
      pieces[pieces.length - 1] = { ...last, end: unit.end };
    else pieces.push(unit);
  }
  return pieces;
}

function byLot(length: number, seed: number): number[] {
  const random = createRandom(seed, "split of text");
  const lots = Array.from({ length }, () => random.next());
  return lots.map((_, i) => i).sort((a, b) => lots[a]! - lots[b]! || a - b);
}

export function sizeOf({ start, end }: Piece): number {
  return end - start;
}

function tooShort(lengths: readonly number[], { n_ctx, pack }: SplitOptions, where: string) {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const got =
    lengths.length === 1 ? `one of ${total}` : `${lengths.length} with ${total} in all, the longest ${longest}`;
  const [least, both] = [n_ctx + 1, 2 * (n_ctx + 1)];
  const need = pack
    ? `at least ${both} tokens, a window of n_ctx + 1 = ${least} for training and one that is held out`
    : `two documents of at least n_ctx + 1 = ${least} tokens, or one of ${both}`;
  return invalidData(
    where,
    `expected ${need}, got ${lengths.length === 1 ? "a document" : "documents"}: ${got}. Give it more text or use a smaller model.n_ctx.`,
  );
}
