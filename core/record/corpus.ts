/** What run.json says of the text of a run, in words. */

/** Documents and tokens, as they are on record. */
interface Amount {
  readonly documents: number;
  readonly tokens: number;
}

/** The recorded corpus of a run, as far as it is understood; undefined for what another version wrote. */
export interface CorpusRecord {
  readonly train: Amount;
  readonly eval: Amount;
  /** In neither, because no window fits into it. */
  readonly short: Amount;
  readonly packed?: Amount;
}

/** Reads `corpus` of run.json. */
export function corpusRecord(corpus: unknown): CorpusRecord | undefined {
  const sides = (corpus ?? {}) as Readonly<Record<string, unknown>>;
  const [train, heldOut, short, packed] = ["train", "eval", "short", "packed"].map((key) => amount(sides[key]));
  return train && heldOut && short && { train, eval: heldOut, short, ...(packed && { packed }) };
}

function amount(value: unknown): Amount | undefined {
  const { documents, tokens } = (value ?? {}) as Record<string, unknown>;
  return typeof documents === "number" && typeof tokens === "number" ? { documents, tokens } : undefined;
}

/** Share of the tokens that are used which is held out. */
export function heldOutShare({ train, eval: heldOut }: CorpusRecord): number {
  return heldOut.tokens / (train.tokens + heldOut.tokens);
}

/** Share of the corpus's tokens that is used. */
export function usedShare({ train, eval: heldOut, short }: CorpusRecord): number {
  const used = train.tokens + heldOut.tokens;
  return used / (used + short.tokens);
}

/** One line: `221 documents (10,257,330 tokens) train, 12 (539,862 tokens, 5 %) held out, 100 % of the text is used`. */
export function corpusLine(record: CorpusRecord): string {
  const { train, eval: heldOut, packed } = record;
  const joined = packed && packed.documents > 0 ? `, ${whole(packed.documents)} short documents joined` : "";
  return [
    `${counted(train.documents)} (${whole(train.tokens)} tokens) train`,
    `${whole(heldOut.documents)} (${whole(heldOut.tokens)} tokens, ${percent(heldOutShare(record))}) held out`,
    `${percent(usedShare(record))} of the text is used${joined}`,
  ].join(", ");
}

function counted(documents: number): string {
  return documents === 1 ? "1 document" : `${whole(documents)} documents`;
}

function whole(count: number): string {
  return count.toLocaleString("en");
}

/** Never rounded up to the whole: 99.97 % stays below 100 %. */
function percent(share: number): string {
  const tenths = share < 1 ? Math.min(999, Math.round(share * 1000)) : 1000;
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`;
}
