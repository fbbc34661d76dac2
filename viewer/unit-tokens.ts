/** The tokens that one unit is told to fire for: array metrics whose elements are token ids, with what is said of each. */
import type { Arrays } from "../core/arrays/ndarray.ts";
import type { MetricInfo } from "../core/contract/run.ts";
import { readVocabulary } from "../core/record/vocabulary.ts";
import { parseKey } from "./charts/metric-key.ts";

/** One metric of token ids, of one unit. */
export interface TokenTable {
  /** Its key and those of what is said of each token, without layers. */
  readonly key: string;
  readonly columns: readonly string[];
  /** By step, oldest first. */
  readonly looks: readonly TokenLook[];
}

/** What it held at one step, in its order. */
export interface TokenLook {
  readonly step: number;
  readonly rows: readonly TokenRow[];
}

/** A token and a value for each column; null where there is none. */
export interface TokenRow {
  /** Its text in quotes, its bytes, or its id where nobody knows what it stands for. */
  readonly token: string;
  readonly values: readonly (number | null)[];
}

/** Tokens that are shown of a unit at one step. */
const mostTokens = 20;

/** Collects the tables of one unit from the arrays of one step after another. */
export function tokenTables(dir: string, metrics: readonly MetricInfo[], layer: number, unit: number) {
  const holders = metrics.filter(({ tokens }) => tokens !== undefined);
  const part = new Set(holders.flatMap(({ key, tokens = [] }) => [key, ...tokens]));
  const tables = holders.map(({ key, tokens = [] }) => ({ key, columns: tokens, looks: [] as TokenLook[] }));
  let vocabulary: readonly unknown[] | undefined;
  const textOf = (id: number) => {
    vocabulary ??= readVocabulary(dir);
    return tokenText(vocabulary[id], id);
  };
  return {
    /** Whether an array is shown in a table alone: as numbers over steps it would say nothing. */
    shows: (key: string, { shape }: Arrays[string]): boolean => {
      const { section, metric } = parseKey(key);
      return shape.length === 2 && part.has(`${section}/${metric}`);
    },
    add: (step: number, arrays: Arrays): void => {
      for (const { key, columns, looks } of tables) {
        const ids = arrays[`${key}/layer_${layer}`];
        if (ids?.shape.length !== 2) continue;
        const [ranks, width] = ids.shape as [number, number];
        if (!(unit >= 0 && unit < width)) continue;
        const said = (column: string, rank: number): number | null => {
          const { shape, data } = arrays[`${column}/layer_${layer}`] ?? { shape: [], data: [] };
          const value =
            unit < (shape.at(-1) ?? 0) ? data[(shape.length === 2 ? rank * shape[1]! : 0) + unit] : undefined;
          return value !== undefined && Number.isFinite(value) ? value : null;
        };
        const rows: TokenRow[] = [];
        for (let rank = 0; rank < Math.min(ranks, mostTokens); rank++) {
          const id = Number(ids.data[rank * width + unit]);
          if (!Number.isInteger(id) || id < 0) continue;
          rows.push({ token: textOf(id), values: columns.map((column) => said(column, rank)) });
        }
        const whole = columns.flatMap((column) => {
          const { shape, data } = arrays[`${column}/layer_${layer}`] ?? { shape: [], data: [] };
          return shape.length === 1 ? [data[unit]] : [];
        });
        const isLookedAt = rows.length > 0 || !whole.some((value) => Number.isNaN(value));
        if (isLookedAt) looks.push({ step, rows });
      }
    },
    tables: (): TokenTable[] => tables.filter(({ looks }) => looks.length > 0),
  };
}

const longestToken = 40;
const mostBytes = 16;

/** What a token id stands for, so that every character can be seen: text in quotes, with what is no visible character as its code. */
export function tokenText(entry: unknown, id: number): string {
  if (typeof entry === "string") {
    const characters = Array.from(entry.slice(0, 2 * longestToken));
    const shown = characters.slice(0, longestToken).map(shownCharacter).join("");
    return `“${shown}${characters.length > longestToken ? "…" : ""}”`;
  }
  const isByte = (one: unknown) => Number.isInteger(one) && (one as number) >= 0 && (one as number) < 256;
  if (!Array.isArray(entry) || entry.length === 0 || entry.length > mostBytes || !entry.every(isByte))
    return `id ${id}`;
  return `bytes ${entry.map((byte: number) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ")}`;
}

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function shownCharacter(character: string, place: number): string {
  const code = () => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`;
  if (named[character] !== undefined) return named[character];
  // Controls, halves of characters, what turns the direction of text; spaces other than the usual one.
  if (/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(character)) return code();
  return place === 0 && /\p{M}/u.test(character) ? code() : character;
}
