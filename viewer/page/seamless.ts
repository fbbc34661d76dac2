/** Heat maps on a canvas: cells whose edges fall between pixels are blurred there, and the ground shines through as a grid. */
import type { Mark, Spec } from "vega";

/** The same chart with each cell (a mark `rect`, not a bar) drawn half a pixel over its edges, in its own colour. */
export function seamless<Group extends Pick<Spec, "marks">>(group: Group): Group {
  return group.marks ? { ...group, marks: group.marks.map(covered) } : group;
}

function covered(mark: Mark): Mark {
  if (mark.type === "group") return seamless(mark);
  const update = mark.encode?.update;
  const isCell = mark.type === "rect" && [mark.style].flat().includes("rect");
  if (!isCell || !update?.fill || update.stroke || update.opacity || update.fillOpacity) return mark;
  return {
    ...mark,
    encode: { ...mark.encode, update: { ...update, stroke: update.fill, strokeWidth: { value: 1 } } },
  } as Mark;
}
