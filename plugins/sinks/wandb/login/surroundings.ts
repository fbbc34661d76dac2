import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Surroundings } from "./settings.ts";

/** The environment, home and files of this process. */
export function surroundings(): Surroundings {
  return { env: process.env, cwd: process.cwd(), home: homedir(), readText };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
