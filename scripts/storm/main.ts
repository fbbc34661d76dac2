/**
 * `npm run storm -- --kills N --files N --schedules N [--seed N] [--state FILE]`: lives of runs that are killed N times in all at chosen
 * calls and resumed, N damaged files, and N schedules of what goes wrong between a run and its W&B server; prints what was lost,
 * doubled or untrue, and exits with 1 when anything was. With a state file what was done counts, and a storm that was stopped goes on.
 * Kills need a build (`npm run build`).
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createStories, type Life, live } from "./lives.ts";
import { createPatient, type Mutation, mutate } from "./mutations.ts";
import { summary } from "./report.ts";
import { isWell, playSchedule, type Schedule } from "./schedules.ts";
import { createKiller } from "./shim.ts";

const { values: flags } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    files: { type: "string", default: "300" },
    schedules: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    state: { type: "string" },
  },
});
type Counts = [number, number, number, number];
const [kills, files, schedules, seed] = [flags.kills, flags.files, flags.schedules, flags.seed].map(Number) as Counts;
if (![kills, files, schedules, seed].every((count) => Number.isSafeInteger(count) && count >= 0)) {
  console.error("storm: --kills, --files, --schedules, --seed: expected whole numbers from 0 on");
  process.exit(2);
}
/** Kills of one life at most: some runs die once, some again and again. */
const mostKills = 6;

type Done = { readonly seed: number; readonly life?: Life; readonly file?: Mutation; readonly schedule?: Schedule };
const lines =
  flags.state && existsSync(flags.state) ? readFileSync(flags.state, "utf8").trim().split("\n").filter(Boolean) : [];
const known = lines.map((line) => JSON.parse(line) as Done).filter((one) => one.seed === seed);
const lives = known.flatMap(({ life }) => life ?? []);
const mutations = known.flatMap(({ file }) => file ?? []);
const played = known.flatMap(({ schedule }) => schedule ?? []);
const keep = (one: Omit<Done, "seed">) => {
  if (flags.state) appendFileSync(flags.state, `${JSON.stringify({ seed, ...one })}\n`);
};

const folder = mkdtempSync(join(tmpdir(), "reluscope-storm-"));
const killed = () => lives.reduce((sum, one) => sum + one.kills, 0);
const killer = createKiller(folder);
if (killed() < kills) {
  const stories = await createStories(folder, killer);
  while (killed() < kills) {
    const most = Math.min(1 + (lives.length % mostKills), kills - killed());
    const life = await live(stories, killer, folder, seed, lives.length, most);
    lives.push(life);
    keep({ life });
    console.error(
      `life ${lives.length} (${life.story}): ${life.kills} kills, ${life.wrong.length} wrong; ${killed()} of ${kills}`,
    );
  }
}
if (mutations.length < files) {
  const patient = await createPatient(folder);
  while (mutations.length < files) {
    const file = await mutate(patient, folder, seed, mutations.length);
    mutations.push(file);
    keep({ file });
    if (mutations.length % 20 === 0) console.error(`${mutations.length} of ${files} files`);
  }
}
while (played.length < schedules) {
  const schedule = await playSchedule(folder, seed, played.length);
  played.push(schedule);
  keep({ schedule });
  if (!isWell(schedule)) console.error(`schedule ${played.length}: ${JSON.stringify(schedule)}`);
  if (played.length % 100 === 0) console.error(`${played.length} of ${schedules} schedules`);
}
const { text, failed } = summary({ killer: killer.name, lives, files: mutations, schedules: played });
console.log(text);
if (failed) console.log(`left to look at: ${folder}`);
else rmSync(folder, { recursive: true });
process.exitCode = failed ? 1 : 0;
