/** What `experiment doctor` looks at. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join, relative } from "node:path";
import { type FoundEngine, type FoundProvider, findEngines, findProviders } from "../core/engine/choose.ts";
import { type FoundGpu, findGpus } from "../core/engine/gpus.ts";
import { reasonOf } from "../core/errors/errors.ts";
import { packageVersion } from "../core/modules/version.ts";
import { findDebris, unbornRuns } from "../core/record/debris.ts";
import { files } from "../core/record/format.ts";
import { lockState } from "../core/record/lock.ts";
import { listRuns } from "../core/record/runs.ts";
import { bold, sanitise, table } from "./terminal.ts";

export interface Examination {
  readonly reluscope: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory: { readonly totalGiB: number; readonly freeGiB: number };
  /** NVIDIA's; empty where there are none. */
  readonly gpus: readonly FoundGpu[];
  readonly disk: { readonly freeGiB: number } | { readonly error: string };
  readonly engines: readonly FoundEngine[];
  /** Of the onnx engine; empty where that is not there. */
  readonly providers: readonly FoundProvider[];
  /** What `engine: auto` comes to here. */
  readonly chosen: string;
  /** What interrupted work has left in the folder of runs: paths relative to it, those of runs that live left out. */
  readonly debris: readonly string[];
}

/** Looks at the machine; `dir` is the folder whose disk is measured, `runs` that of the runs. */
export async function examine(dir: string, runs: string | undefined): Promise<Examination> {
  const engines = await findEngines();
  const disk = await statfs(dir).then(
    ({ bavail, bsize }) => ({ freeGiB: gib(bavail * bsize) }),
    (thrown: unknown) => ({ error: reasonOf(thrown) }),
  );
  return {
    reluscope: packageVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: { totalGiB: gib(totalmem()), freeGiB: gib(freemem()) },
    gpus: await findGpus(),
    disk,
    engines,
    providers: engines.some(({ name, available }) => name === "onnx" && available) ? await findProviders() : [],
    chosen: engines.find(({ chosen }) => chosen)?.name ?? "none",
    debris: runs === undefined ? [] : debrisUnder(runs),
  };
}

function debrisUnder(root: string): string[] {
  const isLive = (dir: string) => {
    try {
      return ["live", "elsewhere"].includes(lockState(dir));
    } catch {
      return true; // what cannot be looked at is not called left over
    }
  };
  const unborn = unbornRuns(root).filter((dir) => !isLive(dir));
  const { runs } = listRuns(root);
  const left = runs.filter(({ state }) => state !== "running" && state !== "lost").map(({ dir }) => dir);
  const inside = left.flatMap((dir) => {
    const dead = existsSync(join(dir, files.lock)) && !isLive(dir) ? [files.lock] : []; // killed as it was about to let go
    return [...dead, ...findDebris(dir)].map((name) => join(dir, name));
  });
  return [...unborn, ...inside].map((path) => relative(root, path));
}

function gib(bytes: number): number {
  return Math.round((bytes / 2 ** 30) * 10) / 10;
}

/** The examination as a page of text. */
export function examination(found: Examination): string {
  const disk = "error" in found.disk ? found.disk.error : `${found.disk.freeGiB} GiB free here`;
  const machine = [
    ["reluscope", found.reluscope],
    ["Node", `${found.node}, ${found.platform}`],
    ["CPU", `${found.cpu}, ${found.cores} cores`],
    ["memory", `${found.memory.totalGiB} GiB, ${found.memory.freeGiB} GiB free`],
    ...found.gpus.map((gpu) => ["GPU", gpuLine(gpu)]),
    ["disk", disk],
  ];
  const engines = found.engines.map((engine) => [
    engine.chosen ? "*" : " ",
    engine.name,
    engine.available ? `${engine.device}: ${engine.why}` : engine.why.replace(/^engine `.*?` is not available: /, ""),
  ]);
  const parts = [table(machine), "", bold("engines (* = what `engine: auto` chooses)"), table(engines)];
  if (found.providers.length > 0) {
    const providers = found.providers.map(({ name, usable, why }) => [usable ? "+" : " ", name, sanitise(why, 300)]);
    parts.push("", bold("providers of onnx (+ = usable: `engine: { name: onnx, provider: NAME }`)"), table(providers));
  }
  if (found.debris.length > 0) parts.push("", bold(debrisTitle), ...shortened(found.debris));
  return parts.join("\n");
}

function gpuLine({ name, memory, driver }: FoundGpu): string {
  const room = memory && `${memory.totalGiB} GiB, ${memory.freeGiB} GiB free`;
  return [sanitise(name), room, driver && `driver ${driver}`].filter((part) => part !== undefined).join(", ");
}

const debrisTitle = "left over from work that was cut off (gone with the next resume or start; nothing reads it)";
const mostLines = 20;

function shortened(paths: readonly string[]): string[] {
  const lines = paths.slice(0, mostLines).map((path) => sanitise(path));
  return paths.length > mostLines ? [...lines, `and ${paths.length - mostLines} more`] : lines;
}
