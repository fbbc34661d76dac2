/** What makes a run the one it is: everything in its config that decides its numbers and which of them are recorded. */
import { createHash } from "node:crypto";
import { leavesOf } from "../../core/config/leaves.ts";
import { type Config, configSchema } from "../../core/config/schema.ts";

/** Keys that say how a run is kept and named, not what it is. */
const besides: ReadonlySet<string> = new Set(["name", "runs", "sinks", "checkpoint"]);

/**
 * `NAME-0a1b2c3d4e5f`. The hash covers every key that is not at its default, so that a later version's new keys leave it as it
 * is; names, sinks, checkpoints and threads are not in it. `more` is what else decides.
 */
export function identityOf(name: string, config: Config, more: readonly unknown[] = []): string {
  const leaves = partsOf(config).filter(([keyPath, text]) => defaults().get(keyPath) !== text);
  leaves.sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([...leaves, ...more]);
  return `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
}

function partsOf(config: Config): (readonly [keyPath: string, text: string])[] {
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !besides.has(key)));
  return leavesOf(kept)
    .filter(({ keyPath }) => keyPath !== "engine.threads")
    .map(({ keyPath, value }) => [keyPath, JSON.stringify(value)] as const);
}

let known: ReadonlyMap<string, string> | undefined;
function defaults(): ReadonlyMap<string, string> {
  known ??= new Map(partsOf(configSchema.parse({})));
  return known;
}
