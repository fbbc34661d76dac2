/** `experiment death RUN…`: three explanations of why units fall silent, weighed on runs and their forks. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PluginTable } from "../core/host/registry.ts";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { duration } from "../core/run/step-line.ts";
import { costOf, type DeathPlan, deathOf, planDeath } from "../studies/death/death.ts";
import { deathTables } from "../studies/death/tables.ts";
import { formats } from "../studies/formats.ts";
import type { LoadPlugins } from "./command.ts";
import { bytesText, jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { makeForks } from "./sweep/forks.ts";
import { sanitise, table } from "./terminal.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string[];
  forks: boolean;
  dryRun: boolean;
  points: number;
  orders: number;
  horizons: number[] | undefined;
  on: string | undefined;
  jobs: number | undefined;
  tokens: number;
  output: string | undefined;
  acceptChangedCorpus: boolean;
  runs: string | undefined;
  trust: boolean;
  json: boolean;
}

/** Steps after which forks are looked at. */
const usualHorizons = [25, 50, 100, 200, 400];

export async function deathCommand(args: Arguments, load: LoadPlugins): Promise<void> {
  const root = await runsFolder(args.runs);
  const { points, orders, tokens, acceptChangedCorpus } = args;
  const horizons = [...new Set(args.horizons ?? usualHorizons)].sort((a, b) => a - b);
  const dirs = [...new Set(args.run.map((name) => originOf(root, resolveRun(root, String(name)))))];
  const options = { root, dirs, points, orders, horizons, tokens, acceptChangedCorpus };
  const [plugins, word] = [await load(), await wordOf({ trust: args.trust })];
  let plan = await planDeath(options, plugins, word);
  if (args.forks || args.dryRun) {
    process.stderr.write(`${await planText(plan, plugins)}\n`);
    if (args.dryRun) return;
    const requests = plan.forks.flatMap(({ request }) => request ?? []);
    const to = { name: "death", root, word, on: args.on, jobs: args.jobs };
    const { stopped, elsewhere } =
      requests.length > 0 ? await makeForks(requests, to, plugins) : { stopped: false, elsewhere: undefined };
    plan = await planDeath(options, plugins, word);
    const left = plan.forks.filter(({ dir }) => dir === undefined).length;
    if (left > 0 && (stopped || elsewhere)) {
      process.stderr.write(`${left} forks are left; the same command goes on.\n`);
      if (stopped) process.exitCode = 130;
      return;
    }
  }
  const progress = (what: string) => process.stderr.write(`measuring ${what}\n`);
  const report = await deathOf(options, plan, plugins, word, progress);
  const tables = deathTables(report).filter(({ rows }) => rows.length > 0);
  if (args.json) console.log(jsonText(report));
  else
    for (const { title, note, head, rows } of tables)
      console.log(
        `${title}\n${table([[...head], ...rows].map((row) => row.map((cell) => sanitise(cell, 300))))}\n${sanitise(note, 3000)}\n`,
      );
  if (args.output === undefined) return;
  mkdirSync(args.output, { recursive: true });
  const written = (["html", "md"] as const).map((ending) => {
    writeFileSync(join(args.output!, `death.${ending}`), formats[ending](tables, "Death of hidden units"));
    return `death.${ending}`;
  });
  writeFileSync(join(args.output, "death.json"), `${jsonText(report)}\n`);
  process.stderr.write(`Wrote ${[...written, "death.json"].join(", ")} to ${args.output}\n`);
}

/** The run that a fork is of: the newest run is one after a study has begun, and `latest` means the run that is studied. */
function originOf(root: string, dir: string): string {
  const { fork } = readRun(dir).run;
  return fork === undefined ? dir : originOf(root, resolveRun(root, fork.run));
}

/** What is to be trained, and what it takes. */
async function planText(plan: DeathPlan, plugins: PluginTable): Promise<string> {
  const { designs, forks, notes } = plan;
  const arms = new Set(forks.filter(({ dir }) => dir === undefined).map(({ arm }) => arm));
  const head = ["run", "checkpoints", "arms", "forks", "missing"];
  const rows = designs.map(({ run, steps, arms: changed }) => {
    const own = forks.filter((fork) => fork.run === run);
    const missing = own.filter(({ dir }) => dir === undefined).length;
    return [run, steps.join(" ") || "-", ["plain", ...changed].join(" "), String(own.length), String(missing)];
  });
  const { forks: count, steps, ms, bytes } = await costOf(plan, plugins);
  const cost =
    count === 0
      ? "No fork is missing."
      : `${count} forks in ${arms.size} arms, ${steps} steps: about ${duration(ms)} one after another, ${bytesText(bytes)} on disk.`;
  return [table([head, ...rows]), ...notes.map((note) => sanitise(note, 400)), cost].join("\n");
}
