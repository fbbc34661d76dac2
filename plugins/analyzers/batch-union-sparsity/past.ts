/** Firing frequencies from the batches before: the only independence baseline for a whole batch that is not biased. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import type { UnitFirings } from "../unit-counts.ts";

/** Counts of the last `window` batches of each layer, newest included only after it was asked about. */
export interface Past {
  /**
   * `1/F sum_i [1 - (1 - p_i)^N]` for each layer, with p_i from earlier batches: the use of a batch of independent tokens.
   * Frequencies of the same batch would not do: a unit seen once among N tokens would count as `1 - 1/e`. NaN at first.
   */
  expectedUse(layers: readonly UnitFirings[]): number[];
  remember(layers: readonly UnitFirings[]): void;
  save(): Arrays;
  load(state: Arrays): void;
}

/** An empty memory of `window` batches. */
export function createPast(window: number): Past {
  let batches: Int32Array[][] = [];
  let tokensPerBatch = 0;
  /** Their sums over batches, for each layer. */
  let sums: Int32Array[] = [];

  function add(layers: readonly Int32Array[], sign: 1 | -1): void {
    if (sums.length === 0) sums = layers.map(({ length }) => new Int32Array(length));
    for (let l = 0; l < layers.length; l++) {
      const [into, counts] = [sums[l]!, layers[l]!];
      for (let i = 0; i < counts.length; i++) into[i]! += sign * counts[i]!;
    }
  }

  return {
    expectedUse: (layers) =>
      layers.map(({ units, batch, pos }, layer) => {
        if (batches.length === 0) return Number.NaN;
        const seen = batches.length * tokensPerBatch;
        const absence = new Float64Array(seen + 1).fill(Number.NaN); // by count: many units share one
        let missing = 0;
        for (let i = 0; i < units; i++) {
          const count = sums[layer]![i]!;
          if (Number.isNaN(absence[count])) absence[count] = (1 - count / seen) ** (batch * pos);
          missing += absence[count]!;
        }
        return 1 - missing / units;
      }),
    remember: (layers) => {
      batches.push(layers.map((layer) => layer.perUnit));
      add(batches.at(-1)!, 1);
      if (batches.length > window) add(batches.shift()!, -1);
      tokensPerBatch = layers[0]!.batch * layers[0]!.pos;
    },
    save: () => {
      const entries = batches.flatMap((layers, age) =>
        layers.map((data, layer): [string, NDArray] => [`${age}/${layer}`, { shape: [data.length], data }]),
      );
      return { ...Object.fromEntries(entries), tokens: { shape: [], data: Int32Array.of(tokensPerBatch) } };
    },
    load: (state) => {
      tokensPerBatch = state.tokens?.data[0] ?? 0;
      batches = [];
      for (const [key, { data }] of Object.entries(state)) {
        if (key === "tokens") continue;
        const [age, layer] = key.split("/").map(Number) as [number, number];
        batches[age] ??= [];
        batches[age][layer] = Int32Array.from(data);
      }
      sums = [];
      for (const layers of batches) add(layers, 1);
    },
  };
}
