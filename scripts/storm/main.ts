/**
 * `npm run storm -- --kills N --files N [--seed N] [--state FILE]`: lives of runs that are killed N times in all at chosen calls and
 * resumed, and N damaged files; prints what was lost, doubled or untrue, and exits with 1 when anything was. With a state file what
 * was done counts, and a storm that was stopped goes on. It needs a build (`npm run build`).
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createStories, type Life, live } from "./lives.ts";
import { createPatient, type Mutation, mutate } from "./mutations.ts";
import { summary } from "./report.ts";
import { createKiller } from "./shim.ts";

const { values: flags } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    files: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    state: { type: "string" },
  },
});
const [kills, files, seed] = [flags.kills, flags.files, flags.seed].map(Number) as [number, number, number];
/** Kills of one life at most: some runs die once, some again and again. */
const mostKills = 6;

type Done = { readonly seed: number; readonly life?: Life; readonly file?: Mutation };
const lines =
  flags.state && existsSync(flags.state) ? readFileSync(flags.state, "utf8").trim().split("\n").filter(Boolean) : [];
const known = lines.map((line) => JSON.parse(line) as Done).filter((one) => one.seed === seed);
const lives = known.flatMap(({ life }) => life ?? []);
const mutations = known.flatMap(({ file }) => file ?? []);
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
const { text, failed } = summary(killer.name, lives, mutations);
console.log(text);
if (failed) console.log(`left to look at: ${folder}`);
else rmSync(folder, { recursive: true });
process.exitCode = failed ? 1 : 0;
