/** Sweeps at size: runs of 20 steps on the local pool (1 000, or the first argument), and looking at 10 000 directories (the second). */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRun } from "../core/record/runs.ts";
import { command } from "../test/helpers/command.ts";
import { planOf } from "../test/helpers/killed-sweep.ts";
import { tinySweep, writeSweep } from "../test/helpers/sweeps.ts";
import { tinyConfig } from "../test/helpers/tiny.ts";

const [runs = 1000, directories = 10_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "reluscope-sweep-"));
const steps = { train: { ...tinyConfig.train, steps: 20 }, checkpoint: { every: 10 } };

/** CPU seconds of all children that have ended (proc(5): cutime and cstime, in hundredths). */
function childSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function timed(args: readonly string[]) {
  const [wall, cpu] = [performance.now(), childSeconds()];
  const { code, stdout, stderr } = await command(["sweep", ...args], { cwd: folder });
  if (code !== 0) throw new Error(stderr + stdout);
  return { wall: (performance.now() - wall) / 1000, cpu: childSeconds() - cpu, stdout };
}

async function pool(): Promise<void> {
  writeSweep(folder, planOf(runs), steps);
  const { wall, cpu } = await timed(["plan.yaml"]);
  const { runs: planned, root } = await tinySweep(folder);
  const whole = planned.filter(({ id }) => readRun(join(root, id)).run.attempts.at(-1)?.outcome?.state === "finished");
  const attempts = planned.map(({ id }) => readRun(join(root, id)).run.attempts.length);
  const doubled = attempts.filter((count) => count > 1).length + readdirSync(root).length - 1 - planned.length;
  const each = cpu / runs;
  console.log(
    `pool: ${runs} runs of 20 steps: ${planned.length - whole.length} lost, ${doubled} doubled, ${wall.toFixed(0)} s, ${each.toFixed(2)} s of CPU a run, its training included`,
  );
}

/** One real run's files under the names of all. */
async function look(): Promise<void> {
  writeSweep(folder, planOf(1), steps);
  await timed(["plan.yaml"]);
  const { runs: first, root } = await tinySweep(folder);
  const own = join(root, first[0]!.id);
  const [run, rows] = [readFileSync(join(own, "run.json"), "utf8"), readFileSync(join(own, "rows.jsonl"), "utf8")];
  writeSweep(folder, { grid: { seed: { from: 1, to: directories / 10 }, "train.lr": { from: 1, to: 10 } } }, steps);
  for (const { id } of (await tinySweep(folder)).runs) {
    mkdirSync(join(root, id), { recursive: true });
    writeFileSync(join(root, id, "run.json"), run.replaceAll(first[0]!.id, id));
    writeFileSync(join(root, id, "rows.jsonl"), rows);
  }
  for (const args of [["status"], ["table"], ["table", "--metric", "eval/loss,token_sparsity/use_token"]]) {
    const { wall, cpu, stdout } = await timed([args[0]!, "plan.yaml", ...args.slice(1)]);
    console.log(
      `${args.join(" ")} of ${directories}: ${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU: ${stdout.split("\n")[0]}`,
    );
  }
}

if (runs > 0) await pool();
rmSync(join(folder, "runs"), { recursive: true, force: true });
if (directories > 0) await look();
rmSync(folder, { recursive: true, force: true });
