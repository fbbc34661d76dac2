/** A corpus made ready to train on: loaded, tokenized, split, counted and hashed. */
import type { Awaitable, TokenText } from "../contract/run.ts";
import { invalidData } from "../errors/errors.ts";
import { type Amount, assemble, hasShortPieces, type Split } from "./assemble.ts";
import { hashOfIds, hashOfSplit, hashOfText, repeatedDocuments } from "./fingerprint.ts";
import { type Content, type CorpusChoice, contentOf, loadDocuments } from "./loaded.ts";
import { type Piece, type Sides, splitDocuments } from "./split.ts";
import { endOfText } from "./tokenizers/gpt2.ts";
import { compactIds, tokenize } from "./tokenizers/load.ts";
import type { Tokenizer, TokenizerName } from "./tokenizers/tokenizer.ts";
import { namedVocabulary, vocabularyOf } from "./tokenizers/vocabulary.ts";
import { dataWarnings } from "./warnings.ts";
import { countWindows } from "./windows.ts";

/** What one side of the split holds. */
export interface Counts extends Amount {
  /** Windows of n_ctx + 1 tokens. */
  readonly windows: number;
}

export interface Dataset {
  readonly d_vocab: number;
  readonly train: Split;
  readonly eval: Split;
  readonly counts: {
    readonly train: Counts;
    readonly eval: Counts;
    /** Documents shorter than a window that were joined with others; they are in their side's counts too. */
    readonly packed: Amount;
    /** Documents that are on neither side, because no window fits into them. */
    readonly short: Amount;
  };
  /** Absent when the corpus gave token ids. */
  readonly tokenizer?: Tokenizer;
  /** What each id stands for, in the order of ids; absent where nobody knows. Takes a moment. */
  readonly vocabulary?: () => Awaitable<readonly TokenText[]>;
  /** See `hashOfText`. */
  readonly hash: string;
  /** For run.json: what the corpus says of itself, tokenizer, counts and hashes. */
  readonly source: Readonly<Record<string, unknown>>;
  /** What the user should be told once, a line each. */
  readonly notes: readonly string[];
}

/** The keys of `data` that decide what is made of a corpus. */
export interface DatasetOptions {
  readonly corpus: CorpusChoice;
  /** Where the held-out text comes from; when left out, a share of the corpus is held out. */
  readonly evalCorpus?: CorpusChoice | undefined;
  /** Folder of the config file. */
  readonly baseDir: string;
  /** Has no say when the corpus gives token ids. */
  readonly tokenizer: TokenizerName;
  readonly eval_fraction: number;
  readonly split_seed: number;
  readonly pack: boolean;
  /** Text between documents that are joined; when left out, the tokenizer's own. */
  readonly separator?: string | undefined;
  readonly n_ctx: number;
  /** Is told what is done to a text that is large. */
  readonly phase?: ((text: string) => void) | undefined;
}

/** Loads a corpus. Throws `data.invalid` when there is not a window to train on and another to evaluate on. */
export async function loadDataset(request: DatasetOptions): Promise<Dataset> {
  const { n_ctx, baseDir } = request;
  const choices = [request.corpus, ...(request.evalCorpus ? [request.evalCorpus] : [])];
  const loaded = await Promise.all(choices.map((choice) => loadDocuments(choice, baseDir)));
  const names = choices.map(({ plugin }) => plugin.name);
  const where = `corpus \`${names.join("` and `")}\``;
  const content = contentOf(loaded, names);

  const whole = content.kind === "text" ? await tokenize(content.documents, request.tokenizer) : content;
  const { documents } = whole;
  const ownSeparator = request.pack ? separatorOf(request, content, whole) : undefined;
  const splitOptions = { ...request, pack: ownSeparator !== undefined };
  const lengths = documents.map((ids) => ids.length);
  const mine = loaded[0]?.documents.length ?? 0;
  const sides = request.evalCorpus ? apart(lengths, mine) : splitDocuments(lengths, splitOptions, where);

  // Before compaction renumbers them: the same text has the same hash whatever else is in the vocabulary.
  const vast = "vast" in whole && whole.vast;
  let isLong = false;
  const told = (percent: number) => {
    isLong = true;
    request.phase?.(`fingerprint, ${percent} %`);
  };
  const hash = hashOfText(documents, nameOf(whole), d_vocabOf(whole), vast, told);
  const split = hashOfSplit(sides, ownSeparator);
  if (isLong) request.phase?.("looking for documents on both sides");
  const repeated = vast ? 0 : repeatedDocuments(documents, sides, n_ctx + 1);

  let separator = hasShortPieces(sides, n_ctx) ? ownSeparator : undefined;
  let tokenizer: Tokenizer | undefined;
  if ("tokenizer" in whole) {
    const own = separator && Uint16Array.from(separator);
    tokenizer = compactIds({ ...whole, documents: [...whole.documents, ...(own ? [own] : [])] });
    separator = own;
  }
  const d_vocab = tokenizer?.d_vocab ?? d_vocabOf(whole);
  if (d_vocab < 2)
    throw invalidData(where, "expected at least two different tokens, got one: there is nothing to predict.");

  const { tokenized } = (loaded[0]?.source ?? {}) as { readonly tokenized?: { readonly tokenizer?: unknown } };
  const vocabulary = tokenizer ? () => vocabularyOf(tokenizer) : namedVocabulary(tokenized?.tokenizer);
  const { train, eval: heldOut } = assemble(documents, sides, n_ctx, separator, vast);
  const counts = {
    train: { ...train.used, windows: countWindows(train.split, n_ctx) },
    eval: { ...heldOut.used, windows: countWindows(heldOut.split, n_ctx) },
    packed: sum(train.packed, heldOut.packed),
    short: sum(train.short, heldOut.short),
  };
  for (const side of ["train", "eval"] as const) {
    if (counts[side].windows > 0) continue;
    const what = side === "train" ? "training text" : "held-out text";
    throw invalidData(
      where,
      `expected ${what} with a window of n_ctx + 1 = ${n_ctx + 1} tokens, got none that long. Give it more text or use a smaller model.n_ctx.`,
    );
  }
  return {
    d_vocab,
    train: train.split,
    eval: heldOut.split,
    counts,
    ...(tokenizer && { tokenizer }),
    ...(vocabulary && { vocabulary }),
    hash,
    source: {
      ...loaded[0]?.source,
      corpus: names[0],
      ...(loaded[1] && { eval_corpus: { ...loaded[1].source, corpus: names[1] } }),
      tokenizer: nameOf(whole),
      d_vocab,
      ...(tokenizer?.vocabulary && { vocabulary_sha256: hashOfIds(tokenizer.vocabulary) }),
      documents: documents.length,
      split: sides.by,
      ...counts,
      sha256: hash,
      split_sha256: split,
    },
    notes: [
      ...loaded.flatMap(({ notes = [] }) => notes),
      ...dataWarnings(counts, n_ctx, request.evalCorpus ? undefined : request.eval_fraction),
      ...(repeated > 0 ? [`${repeated} held-out documents are also, word for word, in the training text.`] : []),
    ],
  };
}

type Whole = Awaited<ReturnType<typeof tokenize>> | Extract<Content, { kind: "ids" }>;

function nameOf(whole: Whole): string {
  return "tokenizer" in whole ? whole.tokenizer.name : "none";
}

function d_vocabOf(whole: Whole): number {
  return "tokenizer" in whole ? whole.tokenizer.d_vocab : whole.d_vocab;
}

/** The ids that end a joined document, in the tokenizer's own numbers; undefined where nobody knows any. */
function separatorOf({ separator }: DatasetOptions, content: Content, whole: Whole): ArrayLike<number> | undefined {
  if (content.kind === "ids") return content.separator === undefined ? undefined : [content.separator];
  if (!("tokenizer" in whole)) return undefined;
  const { tokenizer } = whole;
  if (separator === undefined || (tokenizer.name === "gpt2" && separator === endOfText)) return tokenizer.separator;
  return tokenizer.encode(separator);
}

/** The first `count` documents train, the others are held out. */
function apart(lengths: readonly number[], count: number): Sides {
  const pieces = lengths.map((end, document): Piece => ({ document, start: 0, end }));
  return { train: pieces.slice(0, count), eval: pieces.slice(count), by: "corpora" };
}

function sum(a: Amount, b: Amount): Amount {
  return { documents: a.documents + b.documents, tokens: a.tokens + b.tokens };
}
