/** YAML, and JSON as a part of it, by cosmiconfig's own parser; loaded when first used. */
import { unreadableConfig } from "../errors/errors.ts";

/** Parses YAML or JSON; throws what js-yaml throws. */
export async function parseYaml(text: string): Promise<unknown> {
  const { defaultLoaders } = await import("cosmiconfig");
  return defaultLoaders[".yaml"]("", text);
}

/** Parses the text of a file; an error names `file`, line and column. */
export async function parseYamlFile(text: string, file: string): Promise<unknown> {
  try {
    return await parseYaml(text);
  } catch (thrown) {
    throw unreadableConfig(`${file}${position(thrown)}`, thrown);
  }
}

function position(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("mark" in thrown)) return "";
  const { line, column } = thrown.mark as { line: number; column: number };
  return `:${line + 1}:${column + 1}`;
}
