/** Where a value came from: `default`, a flag, an environment variable, or the absolute path of a file. */
import path from "node:path";

/** Source of what nobody set. */
export const byDefault = "default";

/** A source as it is shown: a file by its path relative to `folder`. */
export function sourceName(source: string, folder: string): string {
  return path.isAbsolute(source) ? path.relative(folder, source) || path.basename(source) : source;
}
