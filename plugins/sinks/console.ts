/** Prints rows as lines of text on standard output: for logs of batch systems, and for a look at what is logged. */
import { z } from "zod";
import { defineSink, type Row, type Sink } from "../../core/contract/sink.ts";

const options = z.strictObject({
  every: z.int().min(1).default(10).describe("Print every N-th step."),
  metrics: z
    .array(z.string())
    .default(["train/loss", "eval/loss", "token_sparsity/use_token"])
    .describe("Keys to print, or their beginnings: `token_sparsity` prints all of that section."),
});

export const consoleSink: Sink = defineSink({
  name: "console",
  summary: "prints chosen metrics as lines on standard output",
  options,
  setup: ({ every, metrics }) => ({
    open: () => {},
    write: (rows) => {
      for (const row of rows) if (row.step % every === 0) console.log(lineOf(row, metrics));
    },
    close: (outcome) => console.log(`${outcome.state} at step ${outcome.step}`),
  }),
});

function lineOf(row: Row, wanted: readonly string[]): string {
  const chosen = Object.entries(row.metrics).filter(([key]) =>
    wanted.some((want) => key === want || key.startsWith(`${want}/`)),
  );
  return [`step ${row.step}`, ...chosen.map(([key, value]) => `${key} ${Number(value.toPrecision(5))}`)].join("  ");
}
