/** Flags that take a whole number: read as text, so that what is none is refused in one way everywhere. */
import type { Options } from "yargs";
import { notACount } from "../core/errors/errors.ts";

interface CountOptions {
  readonly describe: string;
  /** 1 unless said otherwise. */
  readonly least?: number;
  readonly most?: number;
}

type CountOption<T> = Options & { readonly type: "string"; readonly coerce: (text: unknown) => T };

/** A flag that may be left out. */
export function count(flag: string, options: CountOptions): CountOption<number | undefined> {
  return { ...flagOf(options), coerce: (text) => (text === undefined ? undefined : countOf(flag, text, options)) };
}

/** A flag with a default. */
export function countWithDefault(
  flag: string,
  usual: number,
  options: CountOptions,
): CountOption<number> & { readonly default: string } {
  return { ...flagOf(options), default: String(usual), coerce: (text) => countOf(flag, text, options) };
}

/** A flag that takes several and may be left out. */
export function counts(
  flag: string,
  options: CountOptions,
): CountOption<number[] | undefined> & { readonly array: true } {
  const read = (texts: unknown) => [texts].flat().map((text) => countOf(flag, text, options));
  return { ...flagOf(options), array: true, coerce: (texts) => (texts === undefined ? undefined : read(texts)) };
}

function flagOf({ describe }: CountOptions) {
  return { type: "string", requiresArg: true, describe } as const;
}

/** Reads `1000`, `1_000` and `1e3`; throws `usage` for anything that is no whole number within the bounds. */
function countOf(flag: string, text: unknown, { least = 1, most = Number.MAX_SAFE_INTEGER }: CountOptions): number {
  const given = Array.isArray(text) ? text.at(-1) : text;
  const plain = String(given).trim();
  const value = /^\d[\d_]*(e\d+)?$/i.test(plain) ? Number(plain.replaceAll("_", "")) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least || value > most) throw notACount(flag, plain, least, most);
  return value;
}
