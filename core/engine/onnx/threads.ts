/** How many cores there are: hyper-threads share one, and matrix products gain nothing from the second. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Physical cores that this process may use. */
export function physicalCores(): number {
  const logical = availableParallelism();
  try {
    const cores = new Set<string>();
    for (const processor of readFileSync("/proc/cpuinfo", "utf8").split("\n\n")) {
      const [chip, core] = [/^physical id\s*: (\d+)/m, /^core id\s*: (\d+)/m].map((line) => line.exec(processor)?.[1]);
      if (chip !== undefined && core !== undefined) cores.add(`${chip} ${core}`);
    }
    return cores.size === 0 ? logical : Math.min(cores.size, logical);
  } catch {
    return logical;
  }
}
