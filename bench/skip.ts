/** What leaving silent units out brings wide layers, and what it costs them while all units fire. */
import { Child } from "./child.ts";
import { faster } from "./pytorch.ts";
import { type BenchRow, least } from "./row.ts";

function skipping(id: string, what: string, live: readonly number[], target: number): BenchRow {
  return {
    id,
    what: `steps with skip_silent off vs ours, broad (2 layers, 512, 16384, 1024 tokens), ${what}`,
    target: least(target),
    measure: (effort) => {
      const few = { ...effort, rounds: Math.min(effort.rounds, 11) };
      const ours = { engine: "onnx", size: "broad", live, ...few } as const;
      return faster(ours, () => Child.engine({ ...ours, skip_silent: "off" }), "the onnx engine is not available", few);
    },
  };
}

export const skip: readonly BenchRow[] = [
  skipping("skip-none", "all units firing", [1, 1], 0.95),
  skipping("skip-half", "half of them", [0.5, 0.5], 1.3),
];
