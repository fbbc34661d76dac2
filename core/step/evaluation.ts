/** Held-out loss with its uncertainty. */

/** Mean over held-out windows. */
export interface EvalResult {
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  /** Standard error of the mean, windows taken as independent units: sd / sqrt(n). */
  readonly standardError: number;
  readonly windows: number;
}

/** Sums up the mean losses of equally long windows. */
export function summariseWindows(losses: readonly number[]): EvalResult {
  const n = losses.length;
  const loss = losses.reduce((sum, one) => sum + one, 0) / n;
  const variance = losses.reduce((sum, one) => sum + (one - loss) ** 2, 0) / Math.max(1, n - 1);
  return { loss, standardError: Math.sqrt(variance / n), windows: n };
}
