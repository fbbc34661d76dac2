/** Who computed what, with which versions, from which state of a repository: a row a fact. */
import type { RunDetail } from "../api.ts";
import { when } from "./format.ts";

/** A fact's name, and how a run tells it. */
export type EnvironmentRow = readonly [name: string, tell: (detail: RunDetail) => string];

/** What the runs can tell. `private` adds what names somebody's machine, which is not for a file to send away. */
export function environmentRows(details: readonly RunDetail[], also: "private" | "public"): EnvironmentRow[] {
  const versions = [...new Set(details.flatMap((detail) => Object.keys(detail.versions)))];
  const rows: EnvironmentRow[] = [
    ["id", ({ summary }) => summary.id],
    ["state", ({ summary }) => `${summary.state}, step ${summary.step} of ${summary.steps}`],
    ["started", ({ summary }) => when(summary.createdAt)],
    ["attempts", ({ attempts }) => attempts.map(attemptLine).join("; ")],
    ["git", ({ attempts }) => changing(attempts.map(({ git }) => gitLine(git)))],
    ...(also === "private" ? machine : []),
    [
      "changed on the way",
      ({ attempts }) => attempts.flatMap(({ changed = [] }) => changed.map(changeLine)).join("; "),
    ],
    ["comes from", ({ origin }) => origin],
    ["own plugins", ({ plugins }) => plugins.join("; ")],
    ["engine", ({ engine }) => `${engine.name}: ${engine.device}`],
    ["seed", ({ seed }) => String(seed)],
    ["parameters", ({ model }) => (model ? String(model.n_params) : "")],
    ["text", ({ text }) => text],
    ["looked at", ({ observed }) => observed],
    ...versions.map((name): EnvironmentRow => [name, (detail) => detail.versions[name] ?? ""]),
  ];
  return rows.filter(([, tell]) => details.some((detail) => tell(detail) !== ""));
}

const machine: readonly EnvironmentRow[] = [
  ["command", ({ attempts }) => changing(attempts.map(({ command }) => command?.map(shellWord).join(" ") ?? ""))],
  ["folder", ({ attempts }) => changing(attempts.map(({ cwd }) => cwd ?? ""))],
  ["host", ({ attempts }) => changing(attempts.map(({ host }) => host ?? ""))],
  ["Node options", ({ attempts }) => changing(attempts.map(({ nodeFlags }) => nodeFlags?.join(" ") ?? ""))],
];

type Attempt = RunDetail["attempts"][number];

function attemptLine({ fromStep, outcome }: Attempt): string {
  return `from step ${fromStep}: ${outcome ? `${outcome.state} at ${outcome.step}` : "no end on record"}`;
}

function gitLine(git: Attempt["git"]): string {
  return git ? `${git.commit}${git.dirty ? " and files that differed from it" : ", nothing changed"}` : "";
}

function changeLine({ what, was, is }: NonNullable<Attempt["changed"]>[number]): string {
  return `${what}: ${JSON.stringify(was)} → ${JSON.stringify(is)}`;
}

/** What an attempt had, and only where the next had something else, that too. */
function changing(values: readonly string[]): string {
  return values.filter((value, i) => value !== "" && value !== values[i - 1]).join(", then ");
}

function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
