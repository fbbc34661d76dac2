/** Held-out loss with its uncertainty. */
import { jackknifeError } from "../../statistics/jackknife.ts";

/** Mean over held-out windows. */
export interface EvalResult {
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  /**
   * Standard error of the mean over documents, whose windows are alike: what other documents would give. Delete-one-document
   * jackknife; NaN where all windows are of one document. With few documents use t with `documents - 1` degrees of freedom.
   */
  readonly standardError: number;
  readonly windows: number;
  readonly documents: number;
}

/** Sums up the mean losses of equally long windows; `documents[i]` says which document window i is of. */
export function summariseWindows(losses: ArrayLike<number>, documents: ArrayLike<number>): EvalResult {
  const byDocument = new Map<number, { sum: number; windows: number }>();
  let total = 0;
  for (let i = 0; i < losses.length; i++) {
    const own = byDocument.get(documents[i]!) ?? { sum: 0, windows: 0 };
    byDocument.set(documents[i]!, { sum: own.sum + losses[i]!, windows: own.windows + 1 });
    total += losses[i]!;
  }
  const n = losses.length;
  const without = [...byDocument.values()].map(({ sum, windows }) => (total - sum) / (n - windows));
  const standardError = without.length < 2 ? Number.NaN : jackknifeError(without);
  return { loss: total / n, standardError, windows: n, documents: byDocument.size };
}
