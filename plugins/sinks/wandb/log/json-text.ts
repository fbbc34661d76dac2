/** JSON as W&B writes it: bare `NaN`, `Infinity` and `-Infinity` beside what JSON has. Values stay text, so nothing is rounded. */

/** The text of a number. */
export function numberText(value: number): string {
  return Number.isNaN(value) ? "NaN" : String(value);
}

/** The text of any plain value; numbers that JSON lacks stay bare, what has no JSON form becomes null. */
export function jsonText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as number[], jsonText).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${jsonText(v)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** Nested objects whose leaves are JSON text, in order of insertion. */
export class JsonTree {
  readonly #children: Map<string, JsonTree | string> = new Map();

  get isEmpty(): boolean {
    return this.#children.size === 0;
  }

  /** Puts a leaf; a leaf in the way becomes an object. */
  set(path: readonly string[], text: string): void {
    const [key, ...rest] = path;
    if (key === undefined) return;
    if (rest.length === 0) this.#children.set(key, text);
    else this.at(key).set(rest, text);
  }

  remove(path: readonly string[]): void {
    const [key, ...rest] = path;
    if (key === undefined) return;
    const child = this.#children.get(key);
    if (rest.length === 0) this.#children.delete(key);
    else if (child instanceof JsonTree) child.remove(rest);
  }

  /** The object under `key`, made if need be. */
  at(key: string): JsonTree {
    const child = this.#children.get(key);
    if (child instanceof JsonTree) return child;
    const made = new JsonTree();
    this.#children.set(key, made);
    return made;
  }

  get(key: string): JsonTree | string | undefined {
    return this.#children.get(key);
  }

  keys(): string[] {
    return [...this.#children.keys()];
  }

  text(): string {
    const fields = [...this.#children].map(
      ([key, child]) => `${JSON.stringify(key)}:${typeof child === "string" ? child : child.text()}`,
    );
    return `{${fields.join(",")}}`;
  }
}

/** The members of a JSON object as they stand in its text, bare NaN and infinities too; none where it is no object. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  if (!isJson(text)) return members;
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (depth === 0 && token !== "{") break;
    if (depth === 1 && key === undefined && token.startsWith('"')) key = token;
    else if (depth === 1 && start < 0 && token === ":") start = index + 1;
    else if (depth === 1 && key !== undefined && start >= 0 && (token === "," || token === "}")) {
      members.set(JSON.parse(key) as string, text.slice(start, index).trim());
      key = undefined;
      start = -1;
    }
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
  }
  return members;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (m) => (m.startsWith('"') ? m : "0")));
    return true;
  } catch {
    return false;
  }
}
