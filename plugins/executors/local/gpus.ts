/** The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them. */
import { readdirSync } from "node:fs";

/** What CUDA_VISIBLE_DEVICES lists; without it, NVIDIA's device files. */
export function visibleGpus(
  env: Readonly<Record<string, string | undefined>> = process.env,
  devices = "/dev",
): string[] {
  const listed = env.CUDA_VISIBLE_DEVICES;
  if (listed !== undefined)
    return listed.split(",").filter((name) => name !== "" && name !== "-1" && name !== "NoDevFiles");
  try {
    const numbers = readdirSync(devices).map((name) => /^nvidia(\d+)$/.exec(name)?.[1]);
    return numbers.filter((number) => number !== undefined).sort((a, b) => Number(a) - Number(b));
  } catch {
    return [];
  }
}
