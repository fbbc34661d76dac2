/** Heat maps without seams: where edges of cells fall between pixels both are blurred, and the ground shines through as a grid. */
import type { Mark, Spec } from "vega";

/** The same chart with each cell (a mark `rect`, not a bar) a pixel wider and higher, beneath the next. */
export function seamless<Group extends Pick<Spec, "marks">>(group: Group): Group {
  return group.marks ? { ...group, marks: group.marks.map(overlapping) } : group;
}

function overlapping(mark: Mark): Mark {
  if (mark.type === "group") return seamless(mark);
  const update = mark.encode?.update;
  if (mark.type !== "rect" || !update || ![mark.style].flat().includes("rect")) return mark;
  const more = (side: "width" | "height") => {
    const size = update[side];
    return size && "signal" in size && { [side]: { ...size, signal: `${size.signal} + 1` } };
  };
  return { ...mark, encode: { ...mark.encode, update: { ...update, ...more("width"), ...more("height") } } } as Mark;
}
