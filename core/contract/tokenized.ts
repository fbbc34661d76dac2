/**
 * Part of the contract: the JSON beside files of token ids, `train.json` beside `train.bin`, or beside `train-00000.bin` and its
 * like. `experiment tokenize` writes it and the corpus `tokens` reads it.
 */
import { z } from "zod";

/** No vocabulary has as many: an embedding has a row for each. What holds higher ids was read in the wrong width. */
export const mostVocabulary = 2 ** 24;

const count = z.int().min(0);

/** See `Tokenized`. */
export const tokenizedSchema = z.strictObject({
  format: z.literal("reluscope tokens 1"),
  /** Its name, or the folder that it was read from. */
  tokenizer: z.string(),
  /** Ids are below it. */
  d_vocab: z.int().min(2).max(mostVocabulary),
  /** The id behind each document; null where nobody knows one. */
  separator: count.nullable(),
  dtype: z.enum(["uint16", "uint32"]),
  documents: count,
  tokens: count,
  /** The files, in order. */
  shards: z.array(z.strictObject({ file: z.string().regex(/^[^/\\]+$/), documents: count, tokens: count })).min(1),
  /** Where the text came from, as the corpus says it. */
  source: z.record(z.string(), z.unknown()),
});

/** What is said of files of token ids. */
export type Tokenized = z.output<typeof tokenizedSchema>;

/** The file beside `train.bin`, `train-00000.bin`, …: `train.json`. Takes and gives names without folders. */
export function tokenizedName(file: string): string {
  return file.replace(/(-\d{5})?\.bin$/i, ".json");
}

/** The names of as many files as there are: one has no number. */
export function shardName(stem: string, number: number, shards: number): string {
  return shards === 1 ? `${stem}.bin` : `${stem}-${String(number).padStart(5, "0")}.bin`;
}
