/** What the paper's tables are made of, counted on held-out text: firings by document, and two samples of the text apart. */
import type { Run } from "../../core/contract/run.ts";
import type { EvalWindows } from "../../core/data/windows.ts";
import type { NamedArrays } from "../../core/engine/engine.ts";
import { tallyOf } from "../../statistics/tally.ts";
import type { WindowCounter } from "../windows.ts";

type ModelShape = Pick<Run["model"], "n_layers" | "d_mlp" | "n_ctx">;

/** One document's part in one layer. */
export interface DocumentCounts {
  windows: number;
  /** Tokens that fire each unit, and windows that hold it, `[d_mlp]`. */
  readonly firings: Uint32Array;
  readonly holders: Uint32Array;
  /** Over windows: firings of the median unit, and mean firings of the busier half. */
  rank50: number;
  top50: number;
}

/** One layer at one checkpoint. */
export interface LayerCounts {
  readonly documents: readonly DocumentCounts[];
  /** Which units fire anywhere in either of two disjoint samples of a batch's size each. */
  readonly samples: readonly [Uint8Array, Uint8Array];
}

/** One checkpoint. */
export interface CheckpointCounts {
  readonly windows: number;
  /** Windows in a batch. */
  readonly batch: number;
  readonly pos: number;
  readonly layers: readonly LayerCounts[];
}

/** Counts firings on the windows under parameters; a batch is `batch` windows. The samples are every other window, from the first and second on. */
export async function countCheckpoint(
  { n_layers, d_mlp, n_ctx }: ModelShape,
  counter: WindowCounter,
  parameters: NamedArrays,
  windows: EvalWindows,
  batch: number,
): Promise<CheckpointCounts> {
  const names = [...new Set(windows.documents)];
  const layers = Array.from(
    { length: n_layers },
    (): LayerCounts => ({
      documents: names.map(() => ({
        windows: 0,
        firings: new Uint32Array(d_mlp),
        holders: new Uint32Array(d_mlp),
        rank50: 0,
        top50: 0,
      })),
      samples: [new Uint8Array(d_mlp), new Uint8Array(d_mlp)],
    }),
  );
  let counted = 0;
  await counter.look(parameters, (first, found) => {
    const size = found[0]!.length / d_mlp;
    for (let row = 0; row < size; row++) {
      const window = first + row;
      if (window < counted) continue; // the last batch overlaps the one before
      counted++;
      const document = names.indexOf(windows.documents[window]!);
      for (const [l, { documents, samples }] of layers.entries()) {
        const counts = found[l]!.subarray(row * d_mlp, (row + 1) * d_mlp);
        addWindow(documents[document]!, counts, n_ctx);
        if (window < 2 * batch) mark(samples[window % 2]!, counts);
      }
    }
  });
  return { windows: windows.count, batch, pos: n_ctx, layers };
}

function addWindow(into: DocumentCounts, counts: Int32Array, pos: number): void {
  into.windows++;
  for (let i = 0; i < counts.length; i++) {
    into.firings[i]! += counts[i]!;
    if (counts[i]! > 0) into.holders[i]!++;
  }
  const tally = tallyOf(counts, pos);
  const half = Math.ceil(counts.length / 2);
  let [left, sum, rank] = [half, 0, 0];
  for (let c = pos; c >= 0 && left > 0; c--) {
    const level = Math.min(tally[c]!, left);
    sum += c * level;
    left -= level;
    if (level > 0) rank = c;
  }
  into.rank50 += rank;
  into.top50 += sum / half;
}

function mark(used: Uint8Array, counts: Int32Array): void {
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) used[i] = 1;
}
