/** Use of a layer by sequences and by the whole batch: sizes of unions over tokens. */
import { mean } from "../../../core/statistics/moments.ts";
import type { Firings } from "../counts.ts";

/** The three levels of use, `use_token <= use_seq <= use_batch`, and their ratios. */
export function unionUse({ perToken, perUnit, sequences, batch, units }: Firings) {
  let used = 0;
  let usedInSequences = 0;
  for (let i = 0; i < units; i++) {
    if (perUnit[i]! > 0) used++;
    usedInSequences += sequences[i]!;
  }
  const use_token = mean(perToken) / units;
  const use_seq = usedInSequences / batch / units;
  const use_batch = used / units;
  return {
    use_token,
    use_seq,
    use_batch,
    seq_over_token: use_seq / use_token,
    batch_over_seq: use_batch / use_seq,
    batch_over_token: use_batch / use_token,
  };
}
