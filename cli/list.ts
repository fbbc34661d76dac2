/** `experiment list`: the runs there are. */
import { basename } from "node:path";
import { holesText, noHoles } from "../core/record/holes.ts";
import { readLabels } from "../core/record/labels.ts";
import { type FoundRuns, listRuns } from "../core/record/runs.ts";
import { lastRow } from "../core/record/tail.ts";
import { age, jsonText, shortNumber } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { bold, sanitise, table } from "./terminal.ts";

interface Arguments {
  runs: string | undefined;
  json: boolean;
}

export async function listCommand({ runs, json }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const found = listRuns(root);
  const listed = found.runs.map(listedRun);
  if (json) {
    console.log(jsonText({ runs: listed, damaged: found.damaged }));
  } else {
    console.log(listText(root, listed, found.damaged, Date.now()));
  }
}

type ListedRun = ReturnType<typeof listedRun>;

function listedRun({ dir, run, state }: FoundRuns["runs"][number]) {
  const last = lastRowIfAny(dir);
  const { id, steps, createdAt, engine } = run;
  const { name, tags, archived } = readLabels(dir);
  const measured = { step: last?.step ?? 0, steps, loss: last?.metrics["train/loss"] };
  // Holes between rows would take reading them all: `show` does.
  const missing = holesText({ last: last ?? noHoles(run).last, holes: [] }, run);
  const told = missing !== undefined && { missing };
  return { id, name: name || run.name, tags, archived, state, ...measured, createdAt, engine, dir, ...told };
}

function lastRowIfAny(dir: string): ReturnType<typeof lastRow> {
  try {
    return lastRow(dir);
  } catch {
    return undefined; // the state is still worth listing
  }
}

function listText(root: string, runs: readonly ListedRun[], damaged: FoundRuns["damaged"], now: number): string {
  if (runs.length + damaged.length === 0) return `No runs in ${sanitise(root)} yet: \`experiment train\` makes one.`;
  const shown = runs.filter(({ archived }) => !archived);
  const tagged = shown.some(({ tags }) => tags.length > 0);
  const rows = shown.map(({ id, name, tags, state, step, steps, loss, createdAt, engine }) => [
    sanitise(id),
    name === id ? "" : sanitise(name, 40),
    ...(tagged ? [sanitise(tags.join(", "), 40)] : []),
    state,
    `${step}/${steps}`,
    shortNumber(loss),
    age(createdAt, now),
    sanitise(engine.name, 20),
  ]);
  const head = ["id", "name", ...(tagged ? ["tags"] : []), "state", "steps", "loss", "age", "engine"].map(bold);
  const lines = damaged.map(({ dir, problem }) => `damaged: ${sanitise(basename(dir))}: ${sanitise(problem, 400)}`);
  const holes = shown.flatMap(({ id, missing }) => (missing ? [`${sanitise(id)}: ${missing}`] : []));
  const aside = runs.length - shown.length;
  const archive = aside > 0 ? [`${aside} archived: \`experiment restore\` lists what is put aside.`] : [];
  return [table([head, ...rows]), ...holes, ...lines, ...archive].join("\n");
}
