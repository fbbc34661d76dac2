/** From tensors in files to the parameters of a model, one at a time. */
import { type NDArray, sizeOf } from "../arrays/ndarray.ts";
import type { StoredAs, WeightTable } from "../contract/published.ts";
import { missingTensor } from "../errors/errors.ts";
import type { StoredTensors } from "./stored.ts";

/** Tensors that have been matched with parameters. */
export interface MatchedWeights {
  /** Reads every parameter, one at a time. */
  parameters(): Generator<readonly [string, NDArray<Float32Array>]>;
  /** Tensors that no parameter uses and that are not known to be unneeded. */
  readonly unused: readonly string[];
  /** How numbers are stored: `float16`, or several joined by `and`. */
  readonly dtype: string;
}

/**
 * Matches what is stored with the parameters `shapes` (names and sizes). Throws `weights.invalid` where a tensor is missing or
 * has another size, before anything is read; `where` is the folder.
 */
export function matchWeights(
  stored: StoredTensors,
  table: WeightTable,
  shapes: Readonly<Record<string, readonly number[]>>,
  where: string,
): MatchedWeights {
  const first = Object.values(table.parameters)[0]!.from;
  const prefix = table.prefixes.find((one) => stored.tensors.has(one + first)) ?? table.prefixes[0]!;
  const nameOf = (from: string) => (stored.tensors.has(prefix + from) ? prefix + from : from);
  const used = new Set<string>();
  const dtypes = new Set<string>();
  const matched = Object.entries(shapes).map(([name, shape]) => {
    const as = table.parameters[name]!;
    const from = nameOf(as.from);
    const tensor = stored.tensors.get(from);
    const expected = storedShape(shape, as);
    if (tensor === undefined || String(tensor.shape) !== String(expected)) {
      throw missingTensor(where, prefix + as.from, expected, tensor?.shape);
    }
    used.add(from);
    dtypes.add(tensor.dtype);
    return { name, shape, as, tensor };
  });
  return {
    unused: [...stored.tensors.keys()].filter((name) => !used.has(name) && !table.unneeded.test(name)),
    dtype: [...dtypes].map((dtype) => longNames[dtype] ?? dtype).join(" and "),
    *parameters() {
      for (const { name, shape, as, tensor } of matched)
        yield [name, { shape, data: arranged(tensor.read(), shape, as) }];
    },
  };
}

const longNames: Readonly<Record<string, string>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F64: "float64",
};

/** The shape that a parameter's tensor has in the file. */
function storedShape(shape: readonly number[], { transposed, part }: StoredAs): readonly number[] {
  const whole = part === undefined ? shape : shape.with(-1, shape.at(-1)! * part.of);
  return transposed && whole.length === 2 ? whole.toReversed() : whole;
}

/** The parameter out of what the file holds. */
function arranged(data: Float32Array, shape: readonly number[], { transposed, part }: StoredAs): Float32Array {
  if (part === undefined && !(transposed && shape.length === 2)) return data;
  const [rows, columns] = shape.length === 2 ? (shape as [number, number]) : [1, shape[0]!];
  const stored = columns * (part?.of ?? 1);
  const size = columns / (part?.groups ?? 1);
  /** Column of the file that is column `c` here. */
  const source = (c: number) =>
    part === undefined ? c : (Math.floor(c / size) * part.of + part.at) * size + (c % size);
  const out = new Float32Array(sizeOf(shape));
  if (!transposed || shape.length !== 2) {
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) out[r * columns + c] = data[r * stored + source(c)]!;
    return out;
  }
  // In square blocks, so that neither side of the transposition runs through all of memory.
  for (let block = 0; block < columns; block += blockSide) {
    const end = Math.min(block + blockSide, columns);
    for (let r = 0; r < rows; r += blockSide)
      for (let c = block; c < end; c++) {
        const from = source(c) * rows;
        for (let row = r; row < Math.min(r + blockSide, rows); row++) out[row * columns + c] = data[from + row]!;
      }
  }
  return out;
}

const blockSide = 32;
