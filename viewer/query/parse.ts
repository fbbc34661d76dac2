/** Searches for runs: `eval/loss < 3 and train.lr >= 1e-3`, `name ~ /seed=[12]/`, `not tag:old`, or plain words. */
import { QueryError, type Token, tokens } from "./tokens.ts";

export type Comparison = "<" | ">" | "<=" | ">=" | "=" | "!=" | ":" | "~" | "!~";

/** A search, understood. */
export type Query =
  | { readonly kind: "all" | "any"; readonly parts: readonly Query[] }
  | { readonly kind: "not"; readonly part: Query }
  | {
      readonly kind: "compare";
      readonly name: string;
      readonly operator: Comparison;
      readonly value: Value;
      readonly at: number;
    }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "pattern"; readonly pattern: RegExp };

export type Value = { readonly text: string } | { readonly pattern: RegExp };

/** Throws a QueryError that says what is wrong and where. An empty search fits everything. */
export function parseQuery(search: string): Query {
  const reader = new Reader(tokens(search), search.length);
  const query = reader.any(true);
  const rest = reader.peek();
  if (rest) throw new QueryError(`\`${rest.text}\` closes nothing`, rest.at);
  return query;
}

/** Names that a search compares. */
export function namesIn(query: Query): readonly { readonly name: string; readonly at: number }[] {
  if (query.kind === "compare") return [{ name: query.name, at: query.at }];
  if (query.kind === "not") return namesIn(query.part);
  return "parts" in query ? query.parts.flatMap(namesIn) : [];
}

class Reader {
  private place = 0;
  private readonly list: readonly Token[];
  private readonly end: number;

  constructor(list: readonly Token[], end: number) {
    this.list = list;
    this.end = end;
  }

  peek(): Token | undefined {
    return this.list[this.place];
  }

  any(mayBeEmpty = false): Query {
    const parts = [this.all(mayBeEmpty)];
    while (this.isWord("or")) {
      this.place++;
      parts.push(this.all());
    }
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  private all(mayBeEmpty = false): Query {
    const parts: Query[] = [];
    for (let token = this.peek(); token && token.kind !== "close" && !this.isWord("or"); token = this.peek()) {
      if (this.isWord("and")) {
        if (parts.length === 0) throw new QueryError("`and` needs something before it", token.at);
        this.place++;
        if (!this.peek()) throw new QueryError("`and` needs something after it", this.end);
        continue;
      }
      parts.push(this.one());
    }
    if (parts.length === 0 && !mayBeEmpty)
      throw new QueryError("a condition is missing here", this.peek()?.at ?? this.end);
    return parts.length === 1 ? parts[0]! : { kind: "all", parts };
  }

  private one(): Query {
    const token = this.list[this.place++]!;
    if (token.kind === "word" && token.text.toLowerCase() === "not") {
      if (!this.peek()) throw new QueryError("`not` needs something after it", this.end);
      return { kind: "not", part: this.one() };
    }
    if (token.kind === "open") {
      const inner = this.any();
      if (this.peek()?.kind !== "close") throw new QueryError("a parenthesis is not closed", token.at);
      this.place++;
      return inner;
    }
    if (token.kind === "regex") return { kind: "pattern", pattern: new RegExp(token.text, "i") };
    const operator = this.peek();
    if (operator?.kind !== "operator") return { kind: "word", text: token.text };
    this.place++;
    return {
      kind: "compare",
      name: token.text,
      operator: plain(operator.text),
      value: this.value(operator),
      at: token.at,
    };
  }

  private value(operator: Token): Value {
    const token = this.list[this.place++];
    const hint = `\`${operator.text}\` needs a value after it`;
    if (!token || token.kind === "operator" || token.kind === "close" || token.kind === "open")
      throw new QueryError(hint, token?.at ?? this.end);
    const matching = operator.text === "~" || operator.text === "!~";
    if (token.kind === "regex") {
      if (!matching && operator.text !== ":")
        throw new QueryError("a regular expression goes with `~` or `!~`", token.at);
      return { pattern: new RegExp(token.text, "i") };
    }
    if (["<", ">", "<=", ">="].includes(operator.text) && Number.isNaN(Number(token.text)))
      throw new QueryError(`\`${operator.text}\` compares numbers, and \`${token.text}\` is none`, token.at);
    return matching ? { pattern: new RegExp(token.text, "i") } : { text: token.text };
  }

  private isWord(text: string): boolean {
    const token = this.peek();
    return token?.kind === "word" && token.text.toLowerCase() === text;
  }
}

function plain(operator: string): Comparison {
  return operator === "==" ? "=" : (operator as Comparison);
}
