import { readFileSync } from "node:fs";
import { homedir } from "node:os";

/** Everything outside of the options that settings come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** The text of a file, or undefined where it cannot be read. */
  readText(path: string): string | undefined;
}

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
