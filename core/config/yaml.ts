/** YAML, and JSON as a part of it, by cosmiconfig's own parser; loaded when first used. */
import { severalDocuments, unreadableConfig } from "../errors/errors.ts";

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
    if (documentsIn(text) > 1) throw severalDocuments(file);
    throw unreadableConfig(`${file}${position(thrown)}`, thrown);
  }
}

function position(thrown: unknown): string {
  const mark = thrown instanceof Error && "mark" in thrown ? thrown.mark : undefined;
  if (typeof mark !== "object" || mark === null || !("line" in mark) || !("column" in mark)) return "";
  return `:${Number(mark.line) + 1}:${Number(mark.column) + 1}`;
}

function documentsIn(text: string): number {
  const parts = text.split(/^---(?:\s.*)?$/m);
  // What stands before the first marker is a document only when it says something.
  return parts.filter((part, i) => i > 0 || /^\s*[^\s#%]/m.test(part)).length;
}
