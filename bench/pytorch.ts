/** Steps of the onnx engine beside those of PyTorch and of other engines. */
import { Child } from "./child.ts";
import { alternated, type Effort, median, ms, ratioOf } from "./measure.ts";
import { type BenchRow, least, type Result } from "./row.ts";
import { liveAt } from "./silenced.ts";
import type { SizeName } from "./sizes.ts";
import type { SubjectOptions } from "./subject.ts";

/** How many times as fast as another one's step ours is. */
export async function faster(
  options: SubjectOptions,
  open: () => Promise<Child | undefined>,
  missing: string,
  effort: Effort,
): Promise<Result | string> {
  const other = await open().catch(() => undefined);
  if (other === undefined) return missing;
  const own = await Child.engine(options);
  try {
    const [a, b] = await alternated(
      () => own.ask("run 1"),
      () => other.ask("run 1"),
      effort,
    );
    const [ours, theirs] = [median(a), median(b)];
    const detail = `${ms(a)} against ${ms(b)} (${other.version})`;
    return { ratio: ratioOf(a, b), detail, ours, theirs, peer: other.version };
  } finally {
    own.end();
    other.end();
  }
}

export const noTorch = "no python3 that can import torch";

/** `live` is which share of units fires in each layer. */
function row(id: string, size: SizeName, target: number, what: string, live?: readonly number[]): BenchRow {
  return {
    id,
    what: `step time vs PyTorch eager, CPU, same threads, ${what}`,
    target: least(target),
    measure: (effort) => {
      const ours = { engine: "onnx", size, ...effort, ...(live && { live }) };
      return faster(ours, () => Child.pytorch(size, effort), noTorch, effort);
    },
  };
}

const mid = "6 layers, 256, 4096, 1024 tokens";

/** Every unit fires at the start of a training; fewer do later on. */
export const againstPytorch: readonly BenchRow[] = [
  row("pytorch-mid", "mid", 1, `mid (${mid}), as initialised`),
  row("pytorch-mid-200", "mid", 1, `mid, as many units firing as at step 200`, liveAt[200]),
  row("pytorch-mid-1000", "mid", 1.15, `mid, as many units firing as at step 1000`, liveAt[1000]),
  row("pytorch-small", "small", 1.5, "small (4 layers, 128, 1024, 1024 tokens), as initialised"),
];
