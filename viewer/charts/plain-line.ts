/**
 * Recognises a declared chart that is nothing but lines of numbers over training. Such a chart is drawn as all the viewer's
 * long lines are: live, smoothed, zoomed and overlaid with other runs.
 */
import type { DeclaredChart } from "../../core/contract/chart.ts";

export interface PlainLine {
  readonly title: string;
  readonly logY: boolean;
  readonly percent: boolean;
  /** Bounds of the y axis, where the spec fixes them. */
  readonly domain?: readonly [number, number];
}

const channels = new Set(["x", "y", "color", "detail", "strokeDash", "tooltip", "order"]);
const markWords = new Set(["type", "interpolate", "point", "strokeWidth", "clip", "tooltip", "opacity"]);

/** What the line chart needs to know, or undefined when the spec asks for more than lines. */
export function plainLine({ data, spec, title }: DeclaredChart): PlainLine | undefined {
  if (data !== "scalars") return undefined;
  if (Object.keys(spec).some((key) => !["mark", "encoding", "width", "height", "$schema"].includes(key)))
    return undefined;
  const mark = spec.mark;
  const type = isMap(mark) ? mark.type : mark;
  if (type !== "line" || (isMap(mark) && Object.keys(mark).some((key) => !markWords.has(key)))) return undefined;
  const encoding = spec.encoding;
  if (!isMap(encoding) || Object.keys(encoding).some((channel) => !channels.has(channel))) return undefined;
  const { x, y, color, strokeDash } = encoding;
  if (!isMap(x) || !["step", "tokens", "time"].includes(x.field as string) || x.bin || x.aggregate) return undefined;
  if (!isMap(y) || y.field !== "value" || y.aggregate || y.bin || y.stack) return undefined;
  if (color !== undefined && !(isMap(color) && ["layer", "run"].includes(color.field as string))) return undefined;
  if (strokeDash !== undefined && !(isMap(strokeDash) && ["metric", "run"].includes(strokeDash.field as string)))
    return undefined;
  const scale = isMap(y.scale) ? y.scale : {};
  const axis = isMap(y.axis) ? y.axis : {};
  if (scale.type !== undefined && scale.type !== "log" && scale.type !== "linear") return undefined;
  const domain = scale.domain;
  const fixed = Array.isArray(domain) && domain.length === 2 && domain.every((end) => typeof end === "number");
  return {
    title: typeof y.title === "string" ? y.title : title,
    logY: scale.type === "log",
    percent: typeof axis.format === "string" && axis.format.includes("%"),
    ...(fixed && { domain: domain as unknown as readonly [number, number] }),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
