/** The lines that W&B's server is sent, as text. */
import type { Item } from "./decode.ts";
import { JsonTree } from "./json-text.ts";

/** The items with `by` added to `_step`. */
export function shifted(items: readonly Item[], by: number): readonly Item[] {
  if (by === 0) return items;
  const isStep = ({ path }: Item) => path.length === 1 && path[0] === "_step";
  return items.map((item) => (isStep(item) ? { ...item, text: String(Number(item.text) + by) } : item));
}

/** The JSON object `text` with members of `before` in front: those whose names are not among its `own`. */
export function withInherited(text: string, before: ReadonlyMap<string, string>, own: ReadonlySet<string>): string {
  const kept = [...before].filter(([key]) => !own.has(key)).map(([key, value]) => `${JSON.stringify(key)}:${value}`);
  return kept.length === 0 ? text : `{${[...kept, ...(text === "{}" ? [] : [text.slice(1, -1)])].join(",")}}`;
}

/** One line of history. */
export function rowText(items: readonly Item[]): string {
  if (items.every(({ path }) => path.length === 1)) {
    return `{${items.map(({ path, text }) => `${JSON.stringify(path[0])}:${text}`).join(",")}}`;
  }
  const tree = new JsonTree();
  for (const { path, text } of items) tree.set(path, text);
  return tree.text();
}

/** `[ERROR ]<UTC time with 6 decimals> text`; the prefix is how W&B tells stderr. */
export function consoleText(stream: "stdout" | "stderr", time: number, text: string): string {
  const when = new Date(time).toISOString().replace("Z", "000");
  return `${stream === "stderr" ? "ERROR " : ""}${when} ${text}`;
}
