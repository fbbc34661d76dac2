/** What `experiment doctor` looks at. */
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { type FoundEngine, findEngines } from "../core/engine/choose.ts";
import { reasonOf } from "../core/errors/errors.ts";
import { packageVersion } from "../core/modules/version.ts";
import { bold, table } from "./terminal.ts";

export interface Examination {
  readonly reluscope: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory: { readonly totalGiB: number; readonly freeGiB: number };
  readonly disk: { readonly freeGiB: number } | { readonly error: string };
  readonly engines: readonly FoundEngine[];
  /** What `engine: auto` comes to here. */
  readonly chosen: string;
}

/** Looks at the machine; `dir` is the folder whose disk is measured. */
export async function examine(dir: string): Promise<Examination> {
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
    disk,
    engines,
    chosen: engines.find(({ chosen }) => chosen)?.name ?? "none",
  };
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
    ["disk", disk],
  ];
  const engines = found.engines.map((engine) => [
    engine.chosen ? "*" : " ",
    engine.name,
    engine.available ? `${engine.device}: ${engine.why}` : engine.why.replace(/^engine `.*?` is not available: /, ""),
  ]);
  return [table(machine), "", bold("engines (* = what `engine: auto` chooses)"), table(engines)].join("\n");
}
