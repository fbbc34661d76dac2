/** The errors that a user can meet, worded. Codes are stable: tests match them. What only one room above reports stands in its own errors.ts. */
import { ExperimentError, reasonOf, shown } from "./experiment-error.ts";
import { didYouMean } from "./nearest.ts";

export * from "./config-errors.ts";
export * from "./data-errors.ts";
export { type ErrorCode, ExperimentError, reasonOf, shown } from "./experiment-error.ts";
export * from "./plugin-errors.ts";
export * from "./sweep-errors.ts";
export * from "./usage-errors.ts";
export * from "./weights-errors.ts";

// One function a kind of error, so that tests and readers find all wording here.

/** `elsewhere` is a key of this name in another place, for when none here is near. */
export function unknownKey(where: string, key: string, known: readonly string[], elsewhere?: string): ExperimentError {
  const hint = elsewhere === undefined ? didYouMean(key, known) : `Did you mean \`${elsewhere}\`?`;
  return new ExperimentError("config.invalid", `${where}: unknown key ${shown(key)}. ${hint}`.trim());
}

export function invalidValue(where: string, expected: string, got: unknown, hint = ""): ExperimentError {
  return new ExperimentError("config.invalid", `${where}: expected ${expected}, got ${shown(got)}. ${hint}`.trim());
}

/** What yargs has to say about a command line. */
export function badUsage(message: string): ExperimentError {
  return new ExperimentError("usage", `${/[.?!]$/.test(message) ? message : `${message}.`} See \`experiment --help\`.`);
}

export function invalidAssignment(flag: string, text: string): ExperimentError {
  return new ExperimentError("usage", `${flag}: expected KEY=VALUE, such as train.lr=1e-3, got ${shown(text)}.`);
}

export function configExists(file: string): ExperimentError {
  const remedy = file === ".experimentrc" ? "or write it anew with --force" : "or take it away first";
  return new ExperimentError("usage", `${file} is here already. Edit it, ${remedy}.`);
}

export function unwritable(file: string, thrown: unknown): ExperimentError {
  return new ExperimentError("run.io", `${file} cannot be written: ${reasonOf(thrown)}.`, thrown);
}

/** `lastLoss` is NaN when no step had a finite one; `checkpoint` is the name of the newest from before. */
export function diverged(
  step: number,
  loss: number,
  gradNorm: number,
  lastLoss: number,
  checkpoint: string | undefined,
): ExperimentError {
  const last = Number.isNaN(lastLoss) ? "no loss before was finite" : `the last finite loss was ${lastLoss}`;
  const what = `step ${step}: the loss is ${loss} and the gradient's norm ${gradNorm}; ${last}.`;
  return new ExperimentError("train.diverged", `${what} ${afterDivergence(checkpoint)}`);
}

/** The update of a step has left something in the state that is not finite. */
export function divergedState(step: number, entry: string, lastLoss: number, checkpoint?: string): ExperimentError {
  const what = `step ${step}: its update left values in ${entry} that are not finite; its loss was ${lastLoss}.`;
  return new ExperimentError("train.diverged", `${what} ${afterDivergence(checkpoint)}`);
}

function afterDivergence(checkpoint: string | undefined): string {
  const kept = checkpoint === undefined ? "there is no checkpoint from before" : `checkpoint ${checkpoint} is kept`;
  return `Training stopped; ${kept}. Try a lower train.lr, more train.warmup_steps, or a smaller model.init_scale.`;
}

/** The engine failed at a step in the middle of a run. */
export function stepFailed(step: number, thrown: unknown): ExperimentError {
  return new ExperimentError("train.failed", `step ${step}: ${reasonOf(thrown)}`, thrown);
}

export function invalidData(where: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("data.invalid", `${where}: ${problem}`, cause);
}

export function runNotFound(ref: string, root: string, known: readonly string[]): ExperimentError {
  const hint = known.length > 0 ? didYouMean(ref, known) : "There are no runs yet: `experiment train` makes one.";
  return new ExperimentError("run.notFound", `no run ${shown(ref)} in ${root}. ${hint}`.trim());
}

/** A run that somebody else made, or may have made; `open` are the orders in it that nobody here gave. */
export function runUntrusted(
  id: string,
  open: readonly { readonly keyPath: string; readonly what: string }[],
): ExperimentError {
  const lines = open.slice(0, 12).map(({ keyPath, what }) => `  ${keyPath}: ${what}`);
  const more = open.length > 12 ? [`  and ${open.length - 12} more`] : [];
  const head = `run ${id}: expected a run made by you, got one without your seal that names what your own config does not:`;
  const remedy =
    "Say the same in your own config, or add --trust if you know who made it. list, show, view, report and compare need no trust.";
  return new ExperimentError("run.untrusted", [head, ...lines, ...more, remedy].join("\n"));
}

/** A file of a run directory that leads out of it or is no file at all. */
export function notOwnFile(path: string, expected: string, got: string): ExperimentError {
  return new ExperimentError(
    "run.damaged",
    `${path}: expected ${expected}, got ${got}. What is in a run directory is never followed out of it.`,
  );
}

export function runAmbiguous(ref: string, candidates: readonly string[]): ExperimentError {
  const message = `${shown(ref)} names ${candidates.length} runs: ${candidates.slice(0, 10).join(", ")}${candidates.length > 10 ? ", ..." : ""}. Give one of these ids.`;
  return new ExperimentError("run.notFound", message);
}

export function runInUse(
  dir: string,
  pid: number | undefined,
  since: number | undefined,
  task?: "sync",
): ExperimentError {
  const when = since === undefined ? "" : ` since ${new Date(since).toISOString()}`;
  const message =
    task === "sync"
      ? `${dir}: is being synced by another process (pid ${pid}${when}). Wait for it to end, or stop it (SIGINT; a later sync goes on from there).`
      : `${dir}: in use by a live process (pid ${pid}${when}). Wait for it to end, or stop it (SIGINT lets it save a checkpoint).`;
  return new ExperimentError("run.inUse", message);
}

/** `beat`: how long ago the owner last gave a sign of life, and after how long a silence it is gone, ms; absent where it gives none. */
export function runLockedElsewhere(
  dir: string,
  since: number | undefined,
  beat: { readonly age: number; readonly silence: number } | undefined,
): ExperimentError {
  const when = since === undefined ? "" : ` since ${new Date(since).toISOString()}`;
  const seconds = (ms: number) => Math.max(0, Math.round(ms / 1000));
  const sign =
    beat &&
    `It gave a sign of life ${seconds(beat.age)} s ago; after ${seconds(beat.silence)} s of silence it is taken for gone.`;
  const what = `${dir}: in use by a process on another machine or in another container${when}, which cannot be looked at from here.`;
  const message = `${what} ${sign ?? "It gives no signs of life."} If you know that it is gone, add --take-over.`;
  return new ExperimentError("run.inUse", message);
}

/** The lock that this process held is not its own any more. */
export function runTaken(dir: string, taken: boolean): ExperimentError {
  const what = taken
    ? "another process has taken the run over"
    : "its lock was removed while it trained, or the whole directory";
  return new ExperimentError("run.taken", `${dir}: ${what}. Nothing more is written here.`);
}

export function damagedFile(path: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("run.damaged", `${path}: ${problem}.`, cause);
}

export function newerFormat(path: string, format: number, known: number): ExperimentError {
  const message = `${path}: expected format ${known} or older, got ${format}. It was written by a newer reluscope: update this one.`;
  return new ExperimentError("run.damaged", message);
}

export function invalidCheckpoint(path: string, problem: string, cause?: unknown): ExperimentError {
  const message = `${path}: ${problem}. Resume takes the newest undamaged checkpoint.`;
  return new ExperimentError("checkpoint.invalid", message, cause);
}

/** `run` is a fork without a whole checkpoint; what it began with is its parent's. */
export function forkOriginLost(run: string, parent: string, step: number, problem: string): ExperimentError {
  const message = `run ${run}: none of its checkpoints is whole, and it began as a fork of run ${parent} at step ${step}, whose checkpoint cannot be taken: ${problem}. Bring that checkpoint back, or fork again.`;
  return new ExperimentError("checkpoint.invalid", message);
}

export function newerCheckpoint(path: string, format: number, known: number): ExperimentError {
  const message = `${path}: expected format ${known} or older, got ${format}. It was saved by a newer reluscope: update this one.`;
  return new ExperimentError("checkpoint.newer", message);
}

/** `differing`: keys with the checkpoint's value and the one asked for. */
export function checkpointMismatch(
  path: string,
  differing: readonly { readonly keyPath: string; readonly a: unknown; readonly b: unknown }[],
): ExperimentError {
  const keys = differing.slice(0, 8).map(({ keyPath, a, b }) => `${keyPath}: expected ${shown(a)}, got ${shown(b)}`);
  const more = differing.length > 8 ? `; and ${differing.length - 8} more` : "";
  const message = `${path}: the config is not the one it was saved under. ${keys.join("; ")}${more}. Set these back, or start a new run.`;
  return new ExperimentError("checkpoint.mismatch", message);
}

/** What to do about the errors of a file system. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space",
  EDQUOT: "The disk quota is used up: free some space",
  EACCES: "Give yourself write permission, or choose another folder with `runs`",
  EPERM: "Give yourself write permission, or choose another folder with `runs`",
  EROFS: "The file system is read-only: choose another folder with `runs`",
  EEXIST: "A file has this name: choose another folder with `runs`",
  EFBIG: "Files may not grow that large here: raise `ulimit -f`",
  EIO: "The disk reports a fault: check it",
  EMFILE: "Too many files are open: raise `ulimit -n`",
  ENOTDIR: "Something on the way is not a folder: choose another one with `runs`",
  ENAMETOOLONG: "Choose a shorter folder with `runs`",
};

export function ioFailed(path: string, does: string, thrown: unknown): ExperimentError {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code ?? "";
  const remedy = Object.hasOwn(remedies, code) ? ` ${remedies[code]}.` : "";
  return new ExperimentError("run.io", `${path}: cannot ${does}: ${reasonOf(thrown)}.${remedy}`, thrown);
}

/** A file of the record that somebody took away while the run wrote to it. */
export function recordRemoved(path: string): ExperimentError {
  const message = `${path}: it was removed or cut short while the run wrote to it, and what it held is lost. What comes after is kept.`;
  return new ExperimentError("run.removed", message);
}

export function engineUnavailable(name: string, why: string, remedy: string): ExperimentError {
  return new ExperimentError("engine.unavailable", `engine ${shown(name)} is not available: ${why}. ${remedy}`);
}

/** A run that would go on with another engine than it was trained on. */
export function changedEngine(
  run: string,
  was: { readonly name: string; readonly device: string },
  is: { readonly name: string; readonly device: string },
): ExperimentError {
  const what = `run ${run}: expected engine ${was.name} (${was.device}), which it was trained on, got ${is.name} (${is.device}): it gives other numbers.`;
  const message = `${what} \`experiment doctor\` says what ${was.name} lacks here; --set engine.name=${is.name} goes on with ${is.name}, and puts that on record.`;
  return new ExperimentError("engine.changed", message);
}

export function invalidStep(where: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("engine.step", `${where}: ${problem}`, cause);
}

export function wrongShape(where: string, expected: string, got: string): ExperimentError {
  return invalidStep(where, `expected ${expected}, got ${got}.`);
}

export function internal(problem: string): ExperimentError {
  return new ExperimentError("internal", `internal: ${problem}. This is a fault in reluscope: please report it.`);
}

/** A run that was not as it had been read once its lock was taken. */
export function runWentOn(id: string): ExperimentError {
  return new ExperimentError("run.inUse", `run ${id}: another process went on with it just now. Try again.`);
}

export function runFinished(id: string, step: number): ExperimentError {
  const message = `run ${id}: it is finished, at step ${step}; there is nothing to resume. --steps N goes on to a later step N.`;
  return new ExperimentError("usage", message);
}

export function portTaken(host: string, port: number): ExperimentError {
  return new ExperimentError(
    "usage",
    `--port: ${port} on ${host} is in use. Choose another, or 0 for any that is free.`,
  );
}

export function viewerTokenNeeded(host: string): ExperimentError {
  const message = `--host ${shown(host)}: others can reach it, so a token is needed. Add --token, or leave --host out.`;
  return new ExperimentError("usage", message);
}

export function pageNotBuilt(): ExperimentError {
  return new ExperimentError("internal", "internal: the viewer's page has not been built. Run `npm run build` first.");
}

export function pngUnavailable(reason: string): ExperimentError {
  const message = `PNG pictures: need the optional package @resvg/resvg-js (${reason}). Install it; HTML reports do without.`;
  return new ExperimentError("usage", message);
}

export function noRowsToDraw(): ExperimentError {
  return new ExperimentError("usage", "pictures of charts: need rows.jsonl. Add the sink `json` to the config.");
}
