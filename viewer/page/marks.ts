/** Whether a drawn chart shows anything besides its frame: a chart without values is said, not drawn. */
import type { View } from "vega";

interface Mark {
  readonly marktype: string;
  readonly role?: string;
  readonly name?: string;
  readonly items?: readonly Item[];
}

interface Item extends Readonly<Record<string, unknown>> {
  readonly items?: readonly Mark[];
}

/** Groups that hold plots; the others are axes, legends and titles. */
const plots = new Set(["frame", "scope", "mark"]);
/** Marks that take two points to be seen. */
const strokes = new Set(["line", "area", "trail"]);
/** Marks that stand in a chart whatever its values are: zero lines and words. */
const furniture = new Set(["rule", "text"]);

/** Of a chart whose marks are all furniture, those count. Marks along an axis of nothing but zero show nothing. */
export function showsMarks(view: View): boolean {
  return !onlyZero(view) && showsAny(marksIn(rootOf(view)));
}

/** Places of the parts of a concatenated chart that show nothing, where others do. */
export function emptyParts(view: View): readonly number[] {
  const parts = (rootOf(view).items ?? []).flatMap(({ items = [] }) =>
    items.flatMap((mark) => {
      const place = /^concat_(\d+)_group$/.exec(mark.name ?? "")?.[1];
      return place === undefined ? [] : [{ place: Number(place), shows: showsAny(marksIn(mark)) }];
    }),
  );
  return parts.some(({ shows }) => shows) ? parts.filter(({ shows }) => !shows).map(({ place }) => place) : [];
}

function rootOf(view: View): Mark {
  return (view.scenegraph() as unknown as { readonly root: Mark }).root;
}

function showsAny(marks: readonly Mark[]): boolean {
  const values = marks.filter(({ marktype }) => !furniture.has(marktype));
  return (values.length > 0 ? values : marks).some(({ marktype, items = [] }) => {
    const seen = items.filter((item) => isSeen(marktype, item)).length;
    return seen >= (strokes.has(marktype) ? 2 : 1);
  });
}

function onlyZero(view: View): boolean {
  try {
    const domain = (view.scale("y") as { domain(): readonly unknown[] }).domain();
    return domain.length === 2 && domain.every((end) => end === 0);
  } catch {
    return false; // it has no such axis, or more than one
  }
}

function marksIn(mark: Mark): Mark[] {
  if (mark.marktype !== "group") return mark.role === "mark" ? [mark] : [];
  if (!plots.has(mark.role ?? "")) return [];
  return (mark.items ?? []).flatMap(({ items = [] }) => items.flatMap(marksIn));
}

function isSeen(marktype: string, item: Item): boolean {
  const { x, y, x2, y2, width, height } = item;
  const at = [x, y].every((value) => value === undefined || Number.isFinite(value));
  if (item.defined === false || !at) return false;
  if (marktype !== "rect") return true;
  const extent = (size: unknown, from: unknown, to: unknown) =>
    Math.abs(typeof size === "number" ? size : Number(to ?? 0) - Number(from ?? 0));
  return extent(width, x, x2) > 0 && extent(height, y, y2) > 0;
}
