/** Colours of subjects: apart from one another, or in the order of a number; those chosen by hand come first. */
import { brief } from "./format.ts";
import { apartColours, inks, type Theme, viridisBetween } from "./palette.ts";
import { type Subject, sharedValue } from "./subjects.ts";

type Values = Readonly<Record<string, unknown>>;

export interface Colouring {
  readonly colours: readonly string[];
  /** The scale, where colours are in the order of a number. */
  readonly scale?: { readonly key: string; readonly low: string; readonly high: string };
}

export interface ColourWish {
  /** `apart`, or a config key; undefined: by the key that groups differ in when it is one number, else apart. */
  readonly by: string | undefined;
  readonly groupedBy: readonly string[];
  readonly theme: Theme;
  /** Chosen by hand, by subject. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** One colour a subject. */
export function colouring(subjects: readonly Subject[], configs: readonly Values[], wish: ColourWish): Colouring {
  const { groupedBy, theme, chosen } = wish;
  const own = groupedBy.length === 1 && subjects.length > 2 ? groupedBy[0]! : "apart";
  const by = wish.by ?? (numbersOf(subjects, configs, own) ? own : "apart");
  const plain = by === "apart" ? apart(subjects, theme) : byKey(subjects, configs, by, theme);
  return { ...plain, colours: plain.colours.map((colour, i) => chosen[subjects[i]!.key] ?? colour) };
}

function apart(subjects: readonly Subject[], theme: Theme): Colouring {
  return { colours: apartColours(subjects.length, theme) };
}

function byKey(subjects: readonly Subject[], configs: readonly Values[], key: string, theme: Theme): Colouring {
  const numbers = numbersOf(subjects, configs, key);
  if (!numbers) {
    const values = subjects.map((subject) => String(sharedValue(subject, configs, key) ?? ""));
    const distinct = [...new Set(values)];
    const colours = apartColours(distinct.length, theme);
    return { colours: values.map((value) => (value === "" ? inks[theme].faint : colours[distinct.indexOf(value)]!)) };
  }
  const known = numbers.filter((value) => value !== undefined);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const log = low > 0 && high / low >= 8;
  const place = (value: number) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low || 1);
  return {
    colours: numbers.map((value) => (value === undefined ? inks[theme].faint : viridisBetween(place(value), theme))),
    scale: { key, low: brief(low), high: brief(high) },
  };
}

/** The values of a key where all that are known are numbers, and there are at least two. */
function numbersOf(subjects: readonly Subject[], configs: readonly Values[], key: string) {
  const values = subjects.map((subject) => sharedValue(subject, configs, key));
  const sound = values.every((value) => value === undefined || value === null || typeof value === "number");
  if (!sound || new Set(values).size < 2) return undefined;
  return values.map((value) => (typeof value === "number" ? value : undefined));
}
