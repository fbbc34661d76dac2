/** NVIDIA's GPUs, as their driver tells of them: without loading a library of theirs. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** A GPU as `experiment doctor` shows it. */
export interface FoundGpu {
  readonly name: string;
  /** Of the driver; undefined where nothing says it. */
  readonly driver?: string;
  /** GiB; undefined where nothing says it. */
  readonly memory?: { readonly totalGiB: number; readonly freeGiB: number };
}

/** What is asked, so that a test can answer with what other machines said. */
export interface GpuWitnesses {
  /** What nvidia-smi prints for this query; rejects where there is none, or it finds no driver. */
  smi(query: readonly string[]): Promise<string>;
  /** The driver's folder of its own accounts. */
  readonly proc: string;
}

const query = ["--query-gpu=name,driver_version,memory.total,memory.free", "--format=csv,noheader,nounits"];

/** Every GPU that nvidia-smi knows, or else the kernel's driver; none where there is neither. Takes at most 5 seconds. */
export async function findGpus({ smi, proc }: GpuWitnesses = machine): Promise<readonly FoundGpu[]> {
  const told = await smi(query).catch(() => "");
  const found = told.split("\n").flatMap((line) => gpuIn(line) ?? []);
  return found.length > 0 ? found : gpusUnder(proc);
}

/** Whether there is a driver, which is asked nothing. */
export function hasNvidiaDriver(): boolean {
  const signs = ["/dev/nvidiactl", "/proc/driver/nvidia/version", "C:\\Windows\\System32\\nvcuda.dll"];
  return signs.some((path) => existsSync(path));
}

const machine: GpuWitnesses = {
  smi: async (args) => {
    if (!hasNvidiaDriver()) return "";
    const { stdout } = await promisify(execFile)("nvidia-smi", args, { timeout: 5000, maxBuffer: 2 ** 16 });
    return stdout;
  },
  proc: "/proc/driver/nvidia",
};

/** `NVIDIA H200, 570.86.15, 143771, 143012`: memory in MiB, or `[N/A]`, as where it is the machine's own. */
function gpuIn(line: string): FoundGpu | undefined {
  const [name, driver, total, free] = line.split(",").map((cell) => cell.trim());
  if (!name || !/^\d[\d.]*$/.test(driver ?? "")) return undefined;
  const known = [total, free].every((cell) => /^\d+$/.test(cell ?? ""));
  return { name, driver: driver!, ...(known && { memory: { totalGiB: gib(total!), freeGiB: gib(free!) } }) };
}

function gib(mebibytes: string): number {
  return Math.round((Number(mebibytes) / 1024) * 10) / 10;
}

function gpusUnder(proc: string): FoundGpu[] {
  try {
    const driver = / (\d+\.[\d.]+) /.exec(readFileSync(join(proc, "version"), "utf8"))?.[1];
    return readdirSync(join(proc, "gpus")).map((bus) => {
      const text = readFileSync(join(proc, "gpus", bus, "information"), "utf8");
      const name = /^Model:\s*(.+?)\s*$/m.exec(text)?.[1] ?? "NVIDIA GPU";
      return { name, ...(driver !== undefined && { driver }) };
    });
  } catch {
    return [];
  }
}
