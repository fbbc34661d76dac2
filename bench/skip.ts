/** What leaving silent units out brings wide layers, and what it costs them while all units fire. */
import { Child } from "./child.ts";
import { alternated, ms, ratioOf } from "./measure.ts";
import { type BenchRow, least } from "./row.ts";

function skipping(id: string, what: string, live: readonly number[], target: number): BenchRow {
  return {
    id,
    what: `steps with skip_silent off vs ours, broad (2 layers, 512, 16384, 1024 tokens), ${what}`,
    target: least(target),
    measure: async (effort) => {
      const open = (skip_silent: "off" | "auto") =>
        Child.engine({ engine: "onnx", size: "broad", skip_silent, live, ...effort });
      const [ours, off] = [await open("auto"), await open("off")];
      const few = { ...effort, rounds: Math.min(effort.rounds, 11) };
      const [a, b] = await alternated(
        () => ours.ask("run 1"),
        () => off.ask("run 1"),
        few,
      );
      for (const child of [ours, off]) child.end();
      return { ratio: ratioOf(a, b), detail: `${ms(a)} against ${ms(b)}` };
    },
  };
}

export const skip: readonly BenchRow[] = [
  skipping("skip-none", "all units firing", [1, 1], 0.95),
  skipping("skip-half", "half of them", [0.5, 0.5], 1.3),
];
