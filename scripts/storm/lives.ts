/** Lives of a run: killed, resumed, killed again, until it finishes; then held against a run that nobody disturbed. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { writeTiny } from "../../test/helpers/tiny.ts";
import { type Record, recordOf, untruths, type Wrong, wrongs } from "./compare.ts";
import type { Death, Killer, Kind } from "./shim.ts";

/** What is trained: a run, or a fork of one; with what it should come to. */
interface Story {
  readonly name: "train" | "fork";
  readonly args: readonly string[];
  /** A project as it is before the first command. */
  readonly project: string;
  readonly counts: ReadonlyMap<Kind, number>;
  /** Of a process that nobody kills, ms. */
  readonly ms: number;
  readonly expected: Record;
  /** The last step. */
  readonly steps: number;
}

/** One life. */
export interface Life {
  readonly story: string;
  readonly kills: number;
  /** By kind and moment: `rename after`. */
  readonly deaths: readonly string[];
  readonly wrong: readonly Wrong[];
}

const steps = 12;
const config = {
  engine: "wasm",
  checkpoint: { every: 3, keep_every: 6, keep_last: 2 },
  analyzers: { "token-sparsity": { every: 2 }, "neuron-death": { window_tokens: 256, start_tokens: 128 } },
};

/** Trains what lives are held against. */
export async function createStories(folder: string, killer: Killer): Promise<readonly Story[]> {
  const train = join(folder, "train");
  const fork = join(folder, "fork");
  mkdirSync(train, { recursive: true });
  writeTiny(train, config);
  cpSync(train, fork, { recursive: true });
  killer.run(fork, ["train"]);
  const forkArgs = plannedFork(fork, killer);
  return [await story("train", folder, train, ["train"], killer), await story("fork", folder, fork, forkArgs, killer)];
}

/** Plans a fork of the run in a project, and gives the command that makes it in the process that is killed. */
function plannedFork(project: string, killer: Killer): string[] {
  const [parent] = runsOf(project);
  killer.run(project, ["fork", parent!, "--at", "6", "--orders", "1", "--steps", String(steps)]);
  for (const id of runsOf(project)) if (id !== parent) rmSync(join(project, "runs", id), { recursive: true });
  const folder = join("runs", `${parent}-fork-6.sweep`);
  const [plan] = readdirSync(join(project, folder)).filter((name) => name.startsWith("plan-"));
  return ["sweep", "run", join(folder, plan!), "--index", "0"];
}

async function story(
  name: Story["name"],
  folder: string,
  project: string,
  args: readonly string[],
  killer: Killer,
): Promise<Story> {
  const whole = join(folder, `${name}-whole`);
  cpSync(project, whole, { recursive: true });
  const before = runsOf(whole);
  const counts = killer.counts(whole, args);
  const begun = performance.now();
  if (counts.size === 0) killer.run(whole, args);
  const [run] = runsOf(whole).filter((id) => !before.includes(id));
  if (run === undefined) throw new Error(`storm: the undisturbed ${name} made no run`);
  const expected = await recordOf(join(whole, "runs", run));
  return { name, args, project, counts, ms: performance.now() - begun, expected, steps };
}

function runsOf(project: string): string[] {
  const root = join(project, "runs");
  return existsSync(root)
    ? readdirSync(root)
        .filter((name) => existsSync(join(root, name, "run.json")))
        .sort()
    : [];
}

/** Lives one life of at most `most` kills; what it is follows from seed and number alone. */
export async function live(
  stories: readonly Story[],
  killer: Killer,
  folder: string,
  seed: number,
  number: number,
  most: number,
): Promise<Life> {
  const random = createRandom(seed, `life ${number}`);
  const story = stories[number % 4 === 3 ? 1 : 0]!;
  const project = join(folder, `life-${number}`);
  cpSync(story.project, project, { recursive: true });
  const before = runsOf(project);
  const deaths: string[] = [];
  const own = () => runsOf(project).filter((id) => !before.includes(id));
  const next = () => (own().length > 0 ? ["resume", own()[0]!] : story.args);
  for (let tries = 0; deaths.length < most && tries < 2 * most; tries++) {
    const death = deathIn(random, story);
    const { signal, status, stderr } = killer.run(project, next(), death);
    if (signal === "SIGKILL") deaths.push(story.counts.size > 0 ? `${death.kind} ${death.when}` : "at a random time");
    else if (status === 0 || /is finished, at step/.test(stderr)) break;
    else
      return {
        story: story.name,
        kills: deaths.length,
        deaths,
        wrong: [{ what: "lost", where: `exit ${status}: ${stderr.trim().slice(-300)}` }],
      };
  }
  const last = killer.run(project, next());
  const finished = last.status === 0 || /is finished, at step/.test(last.stderr);
  const wrong: Wrong[] = finished
    ? []
    : [{ what: "lost", where: `exit ${last.status}: ${last.stderr.trim().slice(-300)}` }];
  const [id, ...others] = own();
  if (others.length > 0) wrong.push({ what: "doubled", where: `${others.length} more runs` });
  if (id !== undefined) {
    const dir = join(project, "runs", id);
    wrong.push(...wrongs(await recordOf(dir), story.expected), ...(await untruths(dir, story.steps)));
  }
  if (wrong.length === 0) rmSync(project, { recursive: true });
  return { story: story.name, kills: deaths.length, deaths, wrong };
}

function deathIn(random: Random, { counts, ms }: Story): Death {
  const kinds = [...counts].filter(([, count]) => count > 0);
  const [kind, count] = kinds[random.integer(Math.max(1, kinds.length))] ?? (["write", 1] as const);
  const when = (["before", "inside", "after"] as const)[random.integer(3)]!;
  return { kind, at: 1 + random.integer(count), when, ms: Math.ceil(random.next() * ms) };
}
