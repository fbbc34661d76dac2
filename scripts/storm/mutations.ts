/** Damaged files: one file of a stopped run is changed as a bad disk or a bad copy would, and the run is resumed. */
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { ExperimentError } from "../../core/errors/errors.ts";
import { openArrays } from "../../core/record/arrays.ts";
import { readEvents, readRows } from "../../core/record/reader.ts";
import { resumeRequest } from "../../core/run/request.ts";
import { train } from "../../core/run/train.ts";
import { builtIns } from "../../plugins/index.ts";
import { trainTiny } from "../../test/helpers/tiny.ts";
import { type Record, recordOf, type Wrong, wrongs } from "./compare.ts";

/** A stopped run, and what it comes to when nothing is damaged. */
export interface Patient {
  readonly project: string;
  readonly run: string;
  readonly expected: Record;
}

/** What came of a mutation. */
export interface Mutation {
  /** The file by kind: `run.json`, `arrays`, `checkpoint.json` … */
  readonly file: string;
  readonly how: string;
  /**
   * `without effect`: the record is what it would have been; `refused`: by an error, or a file that is not read; `said`: the record
   * differs and a warning, or a count of damaged lines, says so; `unseen`: it differs and nothing says so.
   */
  readonly outcome: "without effect" | "refused" | "said" | "unseen";
  readonly wrong: readonly Wrong[];
}

const config = {
  checkpoint: { every: 4, keep_every: 4, keep_last: 2 },
  analyzers: { "token-sparsity": { every: 2 }, "neuron-death": { window_tokens: 256, start_tokens: 128 } },
};

/** Trains a run that stops at step 9 of 12. */
export async function createPatient(folder: string): Promise<Patient> {
  const whole = await trainTiny(join(folder, "whole"), { changes: config });
  const stop = new AbortController();
  const observer = { step: ({ step }: { step: number }) => step === 8 && stop.abort("storm") };
  const project = join(folder, "stopped");
  const { id } = await trainTiny(project, { changes: config, signal: stop.signal, observer });
  return { project, run: id, expected: await recordOf(whole.dir) };
}

/** Changes one file of a copy, resumes it, and looks at what came of it; seed and number decide what is done. */
export async function mutate(patient: Patient, folder: string, seed: number, number: number): Promise<Mutation> {
  const random = createRandom(seed, `file ${number}`);
  const project = join(folder, `file-${number}`);
  cpSync(patient.project, project, { recursive: true });
  const dir = join(project, "runs", patient.run);
  const path = chosen(random, dir);
  const how = damage(random, path);
  const done = { file: kindOf(relative(dir, path)), how };
  const said: string[] = [];
  try {
    const request = await resumeRequest(join(project, "runs"), patient.run, builtIns);
    const result = await train(request, undefined, { warning: (text) => void said.push(text) });
    const wrong = wrongs(await recordOf(dir), patient.expected);
    const damaged =
      (await readRows(dir)).damage.lines + (await readEvents(dir)).damage.lines + openArrays(dir).damage.length;
    const unreadable =
      wrong.length > 0 && wrong.every(({ where }) => where.startsWith("arrays")) && (await isRefused(dir, wrong));
    if (wrong.length === 0) return { ...done, outcome: "without effect", wrong };
    if (unreadable) return { ...done, outcome: "refused", wrong: [] };
    const seen = said.length > 0 || damaged > 0 || result.failedPlugins.length > 0;
    return { ...done, outcome: seen ? "said" : "unseen", wrong };
  } catch (thrown) {
    if (!(thrown instanceof ExperimentError))
      throw new Error(`storm: file ${number} (${done.file}, ${how})`, { cause: thrown });
    return { ...done, outcome: "refused", wrong: [] };
  } finally {
    rmSync(project, { recursive: true });
  }
}

/** Whether every array that is not as it should be is one that no reader takes. */
async function isRefused(dir: string, wrong: readonly Wrong[]): Promise<boolean> {
  const unreadable = new Set(
    (await recordOf(dir)).arrays.filter(([, text]) => text === "unreadable").map(([step]) => `arrays of step ${step}`),
  );
  return wrong.every(({ where }) => unreadable.has(where));
}

/** Files of one kind count as one, so that the many arrays do not hide the others. */
function chosen(random: Random, dir: string): string {
  const all = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = all.map((entry) => join(entry.parentPath, entry.name)).filter((path) => statSync(path).size > 0);
  const kinds = [...new Set(paths.map((path) => kindOf(relative(dir, path))))].sort();
  const kind = kinds[random.integer(kinds.length)]!;
  const mine = paths.filter((path) => kindOf(relative(dir, path)) === kind).sort();
  return mine[random.integer(mine.length)]!;
}

function kindOf(name: string): string {
  if (name.startsWith("arrays")) return "arrays";
  return name.split(/[/\\]/).at(-1)!;
}

const ways: readonly { readonly how: string; readonly share: number; change(random: Random, path: string): void }[] = [
  {
    how: "a bit flipped",
    share: 6,
    change: (random, path) => {
      const bytes = readFileSync(path);
      bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      writeFileSync(path, bytes);
    },
  },
  { how: "cut short", share: 2, change: (random, path) => truncateSync(path, random.integer(statSync(path).size)) },
  {
    how: "a stretch zeroed",
    share: 1,
    change: (random, path) => {
      const bytes = readFileSync(path);
      const from = random.integer(bytes.length);
      bytes.fill(0, from, from + 1 + random.integer(64));
      writeFileSync(path, bytes);
    },
  },
  {
    how: "bytes appended",
    share: 1,
    change: (random, path) => appendFileSync(path, "x".repeat(1 + random.integer(20))),
  },
];

function damage(random: Random, path: string): string {
  const shares = ways.flatMap((way) => Array<(typeof ways)[number]>(way.share).fill(way));
  const { how, change } = shares[random.integer(shares.length)]!;
  change(random, path);
  return how;
}
