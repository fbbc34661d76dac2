/**
 * `npm run bench:gpu`: the step on a GPU beside PyTorch and JAX (from `BENCH_PYTHON`, else python3), all of one run, in turn,
 * medians. `-- --sizes small,paper`, `--precisions tf32`, `--rounds 50`, `--devices 2`, `--json`.
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PrecisionName } from "../../core/engine/engine.ts";
import { GpuChild } from "./child.ts";
import { type SizeName, sizes } from "./sizes.ts";

const { values: flags } = parseArgs({
  options: {
    sizes: { type: "string", default: "small,mid,big,paper" },
    precisions: { type: "string", default: "float32,tf32,bfloat16" },
    rounds: { type: "string", default: "50" },
    devices: { type: "string", default: "1" },
    plugin: { type: "string", default: "" },
    peers: { type: "boolean", default: true },
    json: { type: "boolean", default: false },
  },
  allowNegative: true,
});

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const subject = here(`./subject${extname(fileURLToPath(import.meta.url))}`);
const python = process.env.BENCH_PYTHON ?? "python3";
/** Steps before any is counted, and steps a turn. */
const [warmup, turn] = [10, 10];

interface Row {
  readonly size: SizeName;
  readonly precision: string;
  readonly who: string;
  /** Median of a step, ms. */
  readonly ms: number;
  /** Peak memory of the device, bytes. */
  readonly bytes?: number;
}

interface Contender {
  readonly who: string;
  readonly child: GpuChild;
  readonly command: string;
  readonly times: number[];
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function contenders(size: SizeName, precision: PrecisionName): Promise<Contender[]> {
  const own = await GpuChild.start(process.execPath, [
    ...process.execArgv,
    subject,
    size,
    precision,
    flags.devices,
    flags.plugin,
  ]);
  if (own === undefined) throw new Error("the xla engine does not start here; BENCH_DEBUG=1 shows why");
  const found: Contender[] = [{ who: "reluscope", child: own, command: "run", times: [] }];
  if (!flags.peers || flags.devices !== "1") return found;
  const torch = await GpuChild.start(python, [here("./torch_step.py"), JSON.stringify(sizes[size])]);
  for (const how of ["eager", "compiled"])
    if (torch !== undefined)
      found.push({ who: `PyTorch ${how}`, child: torch, command: `${how} ${precision}`, times: [] });
  const jax = await GpuChild.start(python, [here("./jax_step.py"), JSON.stringify(sizes[size])]);
  if (jax !== undefined) found.push({ who: "JAX", child: jax, command: precision, times: [] });
  return found;
}

/** Times of steps; none of one that has ended, for want of memory say. */
async function take({ child, command }: Contender, count: number): Promise<number[]> {
  return child.ask<number[]>(command === "run" ? `run ${count}` : `run ${count} ${command}`).catch(() => []);
}

async function measured(size: SizeName, precision: PrecisionName): Promise<Row[]> {
  const all = await contenders(size, precision);
  const bytes = new Map<string, number>();
  for (const one of all) {
    await take(one, warmup);
    if (one.who === "reluscope") bytes.set(one.who, (await one.child.ask<{ peak: number }>("memory")).peak);
    if (one.who.startsWith("PyTorch"))
      bytes.set(one.who, await one.child.ask<number>("memory").catch(() => Number.NaN));
  }
  for (let done = 0; done < Number(flags.rounds); done += turn)
    for (const one of all) one.times.push(...(await take(one, turn)).slice(1));
  for (const { child } of all) await child.end();
  return all.map(({ who, times }) => {
    const peak = bytes.get(who);
    return { size, precision, who, ms: median(times), ...(peak !== undefined && { bytes: peak }) };
  });
}

function shown(rows: readonly Row[]): string {
  const own = rows.find(({ who }) => who === "reluscope")!;
  return rows
    .map(({ size, precision, who, ms, bytes }) => {
      const memory = bytes === undefined ? "" : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
      return `| ${size} | ${precision} | ${who} | ${ms.toFixed(2)} | ${(own.ms / ms).toFixed(2)}x | ${memory} |`;
    })
    .join("\n");
}

const report: Row[] = [];
if (!flags.json)
  console.log("| size | precision | who | ms a step | reluscope / it | peak |\n| --- | --- | --- | --- | --- | --- |");
for (const size of flags.sizes.split(",") as SizeName[]) {
  for (const precision of flags.precisions.split(",") as PrecisionName[]) {
    const rows = await measured(size, precision);
    report.push(...rows);
    if (!flags.json) console.log(shown(rows));
  }
}
if (flags.json) console.log(JSON.stringify(report, undefined, 2));
