/**
 * `npm run bench`: one table of ratios, each pair measured in the same run, alternating, medians.
 * `-- --only ID,ID` measures some rows, `--quick` takes fewer rounds, `--threads N` sets both sides' threads, `--json` prints JSON.
 * PyTorch and W&B's client are taken from `BENCH_PYTHON` or python3; without them their rows are skipped. The row `wandb` stands for a
 * table of its own.
 * (`npm run bench:viewer` measures the viewer; it writes gigabytes.)
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { physicalCores } from "../core/engine/onnx/threads.ts";
import type { Effort } from "./measure.ts";
import { type BenchRow, type Result, rows } from "./rows.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    threads: { type: "string", default: String(physicalCores()) },
  },
});

const effort: Effort = {
  threads: Number(flags.threads),
  ...(flags.quick ? { warmup: 2, rounds: 5 } : { warmup: 4, rounds: 21 }),
};
const wanted = flags.only?.split(",");
const known = [...rows.map((row) => row.id), "wandb"];
const unknown = wanted?.filter((id) => !known.includes(id)) ?? [];
if (unknown.length > 0) {
  console.error(`no row ${unknown.join(", ")}. Known: ${known.join(", ")}.`);
  process.exit(2);
}

function shown({ target }: BenchRow, { ratio }: Result): string {
  if (target.text.endsWith("%") || target.text === "for comparison") return `${(100 * ratio).toFixed(1)} %`;
  return target.text.endsWith("s") ? `${ratio.toFixed(2)} s` : `${ratio.toFixed(2)}x`;
}

function verdict({ target }: BenchRow, { ratio }: Result): string {
  if (!Number.isFinite(target.value)) return "";
  return (target.at === "least" ? ratio >= target.value : ratio <= target.value) ? "reached" : "NOT REACHED";
}

const report: object[] = [];
if (!flags.json)
  console.log(
    `${cpus()[0]?.model.trim()}, ${effort.threads} threads, medians of ${effort.rounds}\n\n| what | target | measured | | |\n| --- | --- | --- | --- | --- |`,
  );
for (const row of rows.filter((row) => wanted?.includes(row.id) ?? true)) {
  const result = await row.measure(effort);
  const cells =
    typeof result === "string" ? ["skipped", "", result] : [shown(row, result), verdict(row, result), result.detail];
  report.push({
    id: row.id,
    what: row.what,
    target: row.target.text,
    ...(typeof result === "string" ? { skipped: result } : result),
  });
  if (!flags.json) console.log(`| ${[row.what, row.target.text, ...cells].join(" | ")} |`);
}
if (wanted?.includes("wandb") ?? true) {
  const verdicts = { true: "reached", false: "NOT REACHED", undefined: "" };
  for (const { what, measured, target, met } of await (await import("./wandb.ts")).run()) {
    report.push({ id: "wandb", what, target, measured });
    if (!flags.json) console.log(`| ${[what, target, measured, verdicts[`${met}`], ""].join(" | ")} |`);
  }
}
if (flags.json) console.log(JSON.stringify({ threads: effort.threads, rows: report }, undefined, 2));
