/** What about a dataset its user may not expect. */
import { type CorpusRecord, heldOutShare, usedShare } from "../record/corpus.ts";

/** Below this share of the text, leaving some out is worth a warning. */
const leastUsed = 0.9;
/** The held-out share may be this factor off from the one asked for. */
const farOff = 1.5;

/** One line each. `asked` is data.eval_fraction, undefined where the held-out text has a corpus of its own. */
export function dataWarnings(record: CorpusRecord, n_ctx: number, asked: number | undefined): string[] {
  const warnings: string[] = [];
  const used = usedShare(record);
  if (used < leastUsed) {
    const { documents, tokens } = record.short;
    warnings.push(
      `only ${percent(used)} of the text is used: ${documents} documents (${tokens} tokens) are shorter than a window of n_ctx + 1 = ${n_ctx + 1} tokens and are left out. Set data.pack: true (token ids need a separator too), or use a smaller model.n_ctx.`,
    );
  }
  const heldOut = heldOutShare(record);
  if (asked !== undefined && (heldOut > asked * farOff || heldOut < asked / farOff)) {
    warnings.push(
      `${percent(heldOut)} of the text is held out, data.eval_fraction asks for ${percent(asked)}: the text is too short to be cut finer.`,
    );
  }
  return warnings;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
