/** Whether the data of a run is still what is on record. */
import { changedCorpus, changedVocabulary, unknownSplit } from "../errors/errors.ts";
import type { Dataset } from "./dataset.ts";

/** What a run has on record. */
export interface RecordedData {
  readonly run: string;
  /** Of reluscope that recorded it. */
  readonly version: string;
  /** `corpus` of run.json. */
  readonly corpus: Readonly<Record<string, unknown>>;
}

/** One thing that is not as it was. */
export interface DataChange {
  readonly what: string;
  readonly was: unknown;
  readonly is: unknown;
}

/** What differs, first what it looks like from outside; empty where text, split and vocabulary are the same. */
export function changesOf({ corpus }: RecordedData, { source }: Pick<Dataset, "source">): readonly DataChange[] {
  const decisive = ["sha256", "split_sha256", "tokenizer", "d_vocab", "vocabulary_sha256"];
  if (decisive.every((key) => same(corpus[key], source[key]))) return [];
  const names = ["files", "documents", "tokens", "held-out tokens", "text", "split", "tokenizer", "d_vocab"] as const;
  const [was, is] = [corpus, source].map((of) => factsOf(of));
  return names
    .map((what) => ({ what, was: was![what], is: is![what] }))
    .filter((change) => !same(change.was, change.is));
}

/**
 * Throws `data.changed` when the data is not what is on record, unless `accept`: then gives the changes. A vocabulary with
 * other ids is never accepted: the weights are of the old ones.
 */
export function checkSameData(recorded: RecordedData, dataset: Dataset, accept: boolean): readonly DataChange[] {
  const { corpus, run, version } = recorded;
  const { source } = dataset;
  if (corpus.d_vocab !== source.d_vocab || !same(corpus.vocabulary_sha256, source.vocabulary_sha256)) {
    // A run of an earlier version has no hash of its vocabulary; where its text is the same, so is that.
    const unknown = corpus.vocabulary_sha256 === undefined && corpus.d_vocab === source.d_vocab;
    if (!unknown) throw changedVocabulary(run, changesOf(recorded, dataset));
  }
  if (corpus.split_sha256 === undefined && !accept) throw unknownSplit(run, version);
  const changes = changesOf(recorded, dataset);
  if (changes.length > 0 && !accept) throw changedCorpus(run, changes);
  return changes;
}

/** Hashes are shortened: they are there to say that something differs. */
function factsOf(of: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const amount = (side: string) => (of[side] ?? {}) as { readonly tokens?: number };
  const tokens = ["train", "eval", "short"].reduce((total, side) => total + (amount(side).tokens ?? 0), 0);
  const short = (hash: unknown) => (typeof hash === "string" ? hash.slice(0, 12) : hash);
  return {
    files: of.files,
    documents: of.documents,
    tokens,
    "held-out tokens": amount("eval").tokens,
    text: short(of.sha256),
    split: short(of.split_sha256),
    tokenizer: of.tokenizer,
    d_vocab: of.d_vocab,
  };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
