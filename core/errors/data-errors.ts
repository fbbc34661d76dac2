/** Errors of data that is not what a run has on record. Part of errors.ts, which exports them. */
import { ExperimentError, shown } from "./experiment-error.ts";

interface Change {
  readonly what: string;
  readonly was: unknown;
  readonly is: unknown;
}

export function changedCorpus(run: string, changes: readonly Change[]): ExperimentError {
  const message = `run ${run}: its data has changed since: ${listed(changes)}. Bring it back, say where it is now (--set data.corpus.…), or go on with --accept-changed-corpus, which puts that on record.`;
  return new ExperimentError("data.changed", message);
}

export function changedVocabulary(run: string, changes: readonly Change[]): ExperimentError {
  const message = `run ${run}: its data has other tokens than it was trained on: ${listed(changes)}. The weights are of the old ones: bring the data back, or start a new run.`;
  return new ExperimentError("data.changed", message);
}

/** The split of versions before 0.2.0 cannot be made again. */
export function unknownSplit(run: string, version: string): ExperimentError {
  const message = `run ${run}: reluscope ${version} held out other text than this version does. \`npx reluscope@${version} resume ${run}\` goes on with it; --accept-changed-corpus goes on here, with part of the text that it trained on held out.`;
  return new ExperimentError("data.changed", message);
}

function listed(changes: readonly Change[]): string {
  return changes.map(({ what, was, is }) => `${what} ${shown(was)} -> ${shown(is)}`).join(", ");
}
