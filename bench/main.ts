/**
 * `npm run bench`: one table of ratios, each pair measured in the same run, alternating, medians.
 * `-- --only ID,ID` measures some rows, `--quick` takes fewer rounds, `--rounds N` as many as you say, `--threads N` sets both sides'
 * threads, `--clock cpu` takes CPU time instead of wall time (for a machine that has other things to do; with one thread, since waiting
 * threads spin), `--json` prints JSON, `--write` measures what README.md and docs/engine.md say and writes it there. `--profile FILE` writes ONNX Runtime's own profile of steps at mid size instead, and prints what
 * took the time; `--at 200` or `--at 1000` with as many units firing as at that step.
 * PyTorch and W&B's client are taken from `BENCH_PYTHON` or python3; without them their rows are skipped. The row `wandb` stands for a
 * table of its own.
 * (`npm run bench:viewer` measures the viewer; it writes gigabytes.)
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { giveHeapRoom } from "../cli/heap-room.ts";
import { physicalCores } from "../core/engine/onnx/threads.ts";
import type { Effort } from "./measure.ts";
import { profile, profiles } from "./profile.ts";
import {
  type PublishedRow,
  type PublishedSession,
  paragraph,
  publishedRows,
  tables,
  withBlock,
  withSession,
} from "./published.ts";
import type { BenchRow, Result } from "./row.ts";
import { rows } from "./rows.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    rounds: { type: "string" },
    clock: { type: "string", default: "wall" },
    write: { type: "boolean", default: false },
    profile: { type: "string" },
    at: { type: "string", default: "dense" },
    threads: { type: "string", default: String(physicalCores()) },
  },
});

function refused(problem: string): never {
  console.error(problem);
  process.exit(2);
}

const { clock } = flags;
if (clock !== "wall" && clock !== "cpu") refused(`--clock: expected wall or cpu, got ${clock}.`);
const quick = flags.quick ? { warmup: 2, rounds: 5 } : { warmup: 4, rounds: 21 };
const effort: Effort = {
  threads: Number(flags.threads),
  clock,
  warmup: quick.warmup,
  rounds: Number(flags.rounds ?? quick.rounds),
};
const machine = `${cpus()[0]?.model.trim()}, ${effort.threads} ${effort.threads === 1 ? "thread" : "threads"}, ${clock} time, medians of ${effort.rounds}`;

giveHeapRoom(); // as training does

if (flags.profile !== undefined) {
  if (!(flags.at in profiles)) refused(`--at: expected ${Object.keys(profiles).join(", ")}, got ${flags.at}.`);
  const lines = await profile(flags.profile, flags.at as keyof typeof profiles, effort);
  console.log(`${machine.replace("medians", "means")}, ${flags.at}\n${lines.join("\n")}`);
  process.exit(0);
}

const wanted = flags.write ? Object.keys(publishedRows) : flags.only?.split(",");
const known = [...rows.map((row) => row.id), "wandb"];
const unknown = wanted?.filter((id) => !known.includes(id)) ?? [];
if (unknown.length > 0) refused(`--only: no row ${unknown.join(", ")}. Known: ${known.join(", ")}.`);

function shown({ target }: BenchRow, { ratio }: Result): string {
  if (target.text.endsWith("%") || target.text === "for comparison") return `${(100 * ratio).toFixed(1)} %`;
  if (target.text.endsWith("steps")) return `${ratio.toFixed(1)} steps`;
  return target.text.endsWith(" s") ? `${ratio.toFixed(2)} s` : `${ratio.toFixed(2)}x`;
}

function publishedOf(id: string, { ratio, ours, theirs, peer }: Result): PublishedRow {
  return { id, ratio, ours: ours!, theirs: theirs!, peer: peer! };
}

/** Into docs/speed.json, and from there into the pages. */
function publish(rows: readonly PublishedRow[]): void {
  if (rows.length < Object.keys(publishedRows).length) refused("--write: nothing is written, since rows were skipped.");
  const at = (name: string) => new URL(`../${name}`, import.meta.url);
  const before = JSON.parse(readFileSync(at("docs/speed.json"), "utf8")) as PublishedSession[];
  const { threads, clock, rounds } = effort;
  const sessions = withSession(before, { cpu: cpus()[0]!.model.trim(), threads, clock, rounds, rows });
  writeFileSync(at("docs/speed.json"), `${JSON.stringify(sessions, undefined, 2)}\n`);
  for (const [page, block] of [
    ["README.md", paragraph(sessions)],
    ["docs/engine.md", tables(sessions)],
  ] as const)
    writeFileSync(at(page), withBlock(readFileSync(at(page), "utf8"), block));
}

function verdict({ target }: BenchRow, { ratio }: Result): string {
  if (!Number.isFinite(target.value)) return "";
  return (target.at === "least" ? ratio >= target.value : ratio <= target.value) ? "reached" : "NOT REACHED";
}

const published: PublishedRow[] = [];
const report: object[] = [];
if (!flags.json) console.log(`${machine}\n\n| what | target | measured | | |\n| --- | --- | --- | --- | --- |`);
for (const row of rows.filter((row) => wanted?.includes(row.id) ?? true)) {
  const result = await row.measure(effort);
  if (typeof result !== "string" && row.id in publishedRows) published.push(publishedOf(row.id, result));
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
if (flags.write) publish(published);
if (flags.json) console.log(JSON.stringify({ threads: effort.threads, rows: report }, undefined, 2));
