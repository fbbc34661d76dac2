/** A search text in pieces: names, operators, values, parentheses, each with its place. */

export interface Token {
  readonly kind: "word" | "text" | "regex" | "operator" | "open" | "close";
  readonly text: string;
  /** Place of its first character in the search. */
  readonly at: number;
}

/** Why a search is not understood, and where. */
export class QueryError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const operators = /^(<=|>=|!=|!~|==|[<>=:~])/;
const word = /^[^\s()<>=!~:"]+/;

/** Throws a QueryError for a quote or a regular expression that does not end. */
export function tokens(search: string): readonly Token[] {
  const found: Token[] = [];
  for (let at = 0; at < search.length; ) {
    const rest = search.slice(at);
    const space = /^\s+/.exec(rest)?.[0];
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = next(rest, at, found.at(-1));
    found.push(token.token);
    at += token.length;
  }
  return found;
}

function next(rest: string, at: number, before: Token | undefined): { token: Token; length: number } {
  const first = rest[0]!;
  if (first === "(" || first === ")")
    return { token: { kind: first === "(" ? "open" : "close", text: first, at }, length: 1 };
  if (first === '"') return quoted(rest, at);
  const reduced = /^(last|min|max)\([^()\s]+\)/i.exec(rest)?.[0];
  if (reduced !== undefined) return { token: { kind: "word", text: reduced, at }, length: reduced.length };
  const afterName = before?.kind === "word";
  // A slash begins a regular expression wherever a value or a term may begin; within a name it is part of a metric's key.
  if (first === "/") return regex(rest, at);
  const operator = operators.exec(rest)?.[0];
  if (operator !== undefined) {
    if (!afterName && before?.kind !== "text") throw new QueryError(`expected a name before \`${operator}\``, at);
    return { token: { kind: "operator", text: operator, at }, length: operator.length };
  }
  const text = word.exec(rest)?.[0];
  if (text === undefined) throw new QueryError(`\`${first}\` has no meaning here`, at);
  return { token: { kind: "word", text, at }, length: text.length };
}

function quoted(rest: string, at: number) {
  const end = rest.indexOf('"', 1);
  if (end < 0) throw new QueryError("a quotation mark is missing its other", at);
  return { token: { kind: "text", text: rest.slice(1, end), at } as const, length: end + 1 };
}

function regex(rest: string, at: number) {
  const found = /^\/((?:[^/\\]|\\.)+)\/(i?)(?=[\s)]|$)/.exec(rest);
  if (!found) throw new QueryError("a regular expression ends with `/`, as in /lr=.*1/", at);
  try {
    new RegExp(found[1]!);
  } catch (thrown) {
    throw new QueryError(
      thrown instanceof Error ? thrown.message.replace("Invalid regular expression: ", "") : String(thrown),
      at,
    );
  }
  return { token: { kind: "regex", text: found[1]!, at } as const, length: found[0].length };
}
