/** Whether a run goes on with what it was computed with: the engine, what that computes on, and versions. */
import { cpus } from "node:os";
import { basename } from "node:path";
import type { Difference } from "../config/difference.ts";
import { changedEngine } from "../errors/errors.ts";
import { versions } from "../modules/version.ts";
import type { Change, RunFile } from "../record/format.ts";

/** What a run has on record of it. */
export type Means = Pick<RunFile, "engine" | "versions">;

/** What this process computes with. A GPU's name is in `device`; WebAssembly and plain JavaScript are the same on every CPU. */
export function meansOf({ name, device }: { readonly name: string; readonly device: string }): Means {
  const decided = device.startsWith("CPU") && name !== "wasm" && name !== "cpu";
  const processor = decided ? cpus()[0]?.model.trim() : undefined;
  return { engine: { name, device, ...(processor && { processor }) }, versions: versions() };
}

/** A run that goes on. */
interface Resumed {
  readonly dir: string;
  readonly means: Means;
}

/**
 * What differs from what is on record, and may change the last bits of what comes next. Another engine changes more than those:
 * throws `engine.changed`, unless one of the `changes` of this resume chose it. How many threads a CPU takes decides no bit, and is
 * no difference. A run that begins has none.
 */
export function changedMeans(
  { resume, changes = [] }: { readonly resume?: Resumed; readonly changes?: readonly Difference[] },
  engine: Parameters<typeof meansOf>[0],
): readonly Change[] {
  if (resume === undefined) return [];
  const { means: was, dir } = resume;
  const is = meansOf(engine);
  const chosen = changes.some(({ keyPath }) => keyPath.startsWith("engine."));
  if (was.engine.name !== is.engine.name && !chosen) throw changedEngine(basename(dir), was.engine, is.engine);
  const [before, now] = [factsOf(was), factsOf(is)];
  return Object.keys(now)
    .map((what) => ({ what, was: before[what], is: now[what] }))
    .filter((one) => one.was !== undefined && one.is !== undefined && one.was !== one.is);
}

function factsOf({ engine, versions }: Means): Readonly<Record<string, string | undefined>> {
  const { name, device, processor } = engine;
  return { engine: name, device: withoutThreads(device), processor, ...versions };
}

/** Each element of a matrix product is summed by one thread, in one order (checked with 1, 2 and 3 threads: test/core/run). */
function withoutThreads(device: string): string {
  return device.replace(/, \d+ threads?/, "");
}

/** For a person: `device CPU (A) -> CPU (B), reluscope 0.1.0 -> 0.2.0`. */
export function changesLine(changes: readonly Change[]): string {
  return changes.map(({ what, was, is }) => `${what} ${was} -> ${is}`).join(", ");
}
