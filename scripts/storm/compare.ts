/** Holds a run that was disturbed against one that was not. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { latestCheckpoint } from "../../core/checkpoint/folder.ts";
import { openArrays, type StoredArrays } from "../../core/record/arrays.ts";
import { findDebris } from "../../core/record/debris.ts";
import { lockState } from "../../core/record/lock.ts";
import { readEvents, readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";

/** What is on record of a run and must not depend on what disturbed it. */
export interface Record {
  /** By step. */
  readonly rows: readonly (readonly [number, string])[];
  readonly arrays: readonly (readonly [number, string])[];
  readonly events: readonly string[];
  /** Of the newest checkpoint. */
  readonly state: string;
}

/** Reads it; an arrays file that cannot be read stands with its error. */
export async function recordOf(dir: string): Promise<Record> {
  const { rows } = await readRows(dir);
  const { events } = await readEvents(dir);
  const arrays = openArrays(dir);
  const checkpoint = latestCheckpoint(dir).latest?.path;
  return {
    rows: rows.map(({ step, seq, tokens, metrics }) => {
      const own = Object.entries(metrics).filter(([key]) => !key.startsWith("perf/"));
      return [step, JSON.stringify([seq, tokens, own.map(([key, value]) => [key, String(value)])])] as const;
    }),
    arrays: arrays.steps.map((step) => [step, arraysAt(arrays, step)] as const),
    events: events
      .filter(({ source }) => source !== "run")
      .map(({ source, kind, step, tokens, data }) => JSON.stringify([source, kind, step, tokens, data])),
    state: checkpoint === undefined ? "none" : hashOf(...filesOf(checkpoint)),
  };
}

function arraysAt(stored: StoredArrays, step: number): string {
  try {
    const arrays = Object.entries(stored.read(step));
    return hashOf(
      ...arrays.flatMap(([key, { shape, data }]) => [
        key,
        JSON.stringify(shape),
        Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      ]),
    );
  } catch {
    return "unreadable";
  }
}

function filesOf(checkpoint: string): Buffer[] {
  return ["state.safetensors", "analyzers.safetensors"].map((name) => readFileSync(join(checkpoint, name)));
}

function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** What is wrong with a record: `lost`, `doubled` or `untrue`, each with where. */
export interface Wrong {
  readonly what: "lost" | "doubled" | "untrue";
  readonly where: string;
}

/** Holds a record against the one that it should be. */
export function wrongs(record: Record, expected: Record): Wrong[] {
  const found: Wrong[] = [];
  for (const part of ["rows", "arrays"] as const) {
    const wanted = new Map(expected[part]);
    const seen = new Set<number>();
    for (const [step, text] of record[part]) {
      if (seen.has(step)) found.push({ what: "doubled", where: `${part} of step ${step}` });
      else if (wanted.get(step) !== text) found.push({ what: "untrue", where: `${part} of step ${step}` });
      seen.add(step);
    }
    for (const step of wanted.keys())
      if (!seen.has(step)) found.push({ what: "lost", where: `${part} of step ${step}` });
  }
  found.push(...wrongEvents(record.events, expected.events));
  if (record.state !== expected.state) found.push({ what: "untrue", where: "the last checkpoint" });
  return found;
}

function wrongEvents(events: readonly string[], expected: readonly string[]): Wrong[] {
  const left = [...expected];
  const found: Wrong[] = [];
  for (const event of events) {
    const at = left.indexOf(event);
    if (at >= 0) left.splice(at, 1);
    else found.push({ what: expected.includes(event) ? "doubled" : "untrue", where: `event ${event.slice(0, 80)}` });
  }
  return [...found, ...left.map((event): Wrong => ({ what: "lost", where: `event ${event.slice(0, 80)}` }))];
}

/** What run.json and the directory say that is not so, of a run that was killed again and again and then finished. */
export async function untruths(dir: string, steps: number): Promise<Wrong[]> {
  const { run, state } = readRun(dir);
  const found: string[] = [];
  const last = run.attempts.at(-1)?.outcome;
  if (state !== "finished" || last?.step !== steps) found.push(`run.json: ${state} at step ${last?.step}`);
  const { events, damage } = await readEvents(dir);
  const goneOn = run.attempts.slice(1).map(({ fromStep }) => fromStep);
  const said = events
    .filter(({ source, kind }) => source === "run" && kind === "resume")
    .map(({ data }) => data.step as number);
  let at = 0; // an attempt may have died between its entry and its event, but none may be made up
  for (const step of said) {
    at = goneOn.indexOf(step, at) + 1;
    if (at === 0) found.push(`events: a resume from step ${step} that no attempt tells of`);
    if (at === 0) break;
  }
  if (damage.lines > 0) found.push(`events.jsonl: ${damage.lines} damaged lines`);
  if ((await readRows(dir)).damage.lines > 0) found.push("rows.jsonl: damaged lines");
  // A kill between the outcome and the release leaves a lock whose owner is gone: it holds nobody up.
  if (!["none", "gone"].includes(lockState(dir))) found.push("a lock that counts is left");
  // What another process may be about to do with the lock is left alone for a minute.
  const debris = findDebris(dir).filter((name) => !/^lock\.json\..*\.partial$/.test(name));
  found.push(...debris.map((name) => `debris: ${name}`));
  return found.map((where) => ({ what: "untrue", where }));
}
