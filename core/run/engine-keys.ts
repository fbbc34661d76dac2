/** Keys of `engine` that somebody set and that the engine which computes does not read. */
import { whereIs } from "../config/check.ts";
import type { LoadedConfig } from "../config/load.ts";
import { placed } from "../config/problems.ts";
import { byDefault } from "../config/source.ts";
import { type EngineName, keysOfOne } from "../engine/names.ts";
import { keyNotRead } from "../errors/plugin-errors.ts";

/** With its defaults filled in, so that a key which says what the default says is not one that was set. */
type Complete = Pick<LoadedConfig, "config" | "sources">;

function unread({ sources }: Complete, name: EngineName): { readonly key: string; readonly reader: string }[] {
  return Object.entries(keysOfOne).flatMap(([reader, keys]) =>
    keys
      .filter((key) => reader !== name && (sources[`engine.${key}`] ?? byDefault) !== byDefault)
      .map((key) => ({ key, reader })),
  );
}

/** Throws `config.invalid` where an engine is named that does not read a key beside it. */
export function checkEngineKeys(complete: Complete): void {
  const { name } = complete.config.engine;
  if (name === "auto") return;
  const [first] = unread(complete, name);
  if (first === undefined) return;
  const path = ["engine", first.key];
  const reads = Object.entries(keysOfOne).find(([reader]) => reader === name)?.[1] ?? [];
  throw keyNotRead(placed(whereIs(path, complete.sources), path), "engine", name, ["threads", ...reads]);
}

/** A line for each key that has no effect on the engine that `auto` came to. */
export function engineNotes(
  complete: Complete,
  { name, device }: { readonly name: string; readonly device: string },
): string[] {
  if (complete.config.engine.name !== "auto") return [];
  return unread(complete, name as EngineName).map(
    ({ key, reader }) =>
      `engine.${key} has no effect: \`auto\` chose ${name} (${device}), and ${reader} alone reads it. \`experiment doctor\` says what ${reader} lacks here.`,
  );
}
