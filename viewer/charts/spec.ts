/** Turns a declared chart's spec into one that is ready to draw: data bound, axis and range chosen, colours of the theme. */
import type { Axis } from "../series/axes.ts";
import { inks, layerColour, runColour, type Theme } from "./palette.ts";

export type Spec = Readonly<Record<string, unknown>>;

export interface Dress {
  readonly theme: Theme;
  /** What training goes along; specs may name any of the three. */
  readonly axis: Axis;
  readonly log: boolean;
  readonly range?: readonly [number, number] | undefined;
  /** Pixels that the chart may take. */
  readonly width: number;
  readonly height: number;
  readonly layers: number;
  /** Panels side by side, where the spec has facets. */
  readonly panels: number;
}

/** Name of the data set that records are put in. */
export const tableName = "table";

/** Titles of the three training axes; elapsed time is in hours since the run began. */
export const axisTitles: Readonly<Record<Axis, string>> = { step: "step", tokens: "training tokens", time: "hours" };
const axisFields: Readonly<Record<Axis, string>> = { step: "step", tokens: "tokens", time: "hours" };
const trainingFields = new Set(["step", "tokens", "time"]);

/** The spec to compile. Nothing in it can fetch: data comes from the table alone. */
export function dressed(spec: Spec, dress: Dress): Record<string, unknown> {
  const inner = rewrite(withoutData(spec), dress) as Record<string, unknown>;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...sized(inner, dress),
    data: { name: tableName },
    background: null,
    config: themeConfig(dress.theme, isNarrow(dress.width)),
  };
}

/** Removes `data` and `datasets` at every level, so that no spec names a file or an address. */
function withoutData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutData);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !["data", "datasets", "usermeta", "$schema"].includes(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutData(inner)]));
}

function rewrite(value: unknown, dress: Dress): unknown {
  if (Array.isArray(value)) return value.map((one) => rewrite(one, dress));
  if (!isMap(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === "encoding" && isMap(inner)) out[key] = rewriteEncoding(inner, dress);
    else if (key === "transform" && Array.isArray(inner)) out[key] = inner.map((one) => withAxisField(one, dress));
    else out[key] = rewrite(inner, dress);
  }
  return out;
}

function rewriteEncoding(encoding: Spec, dress: Dress): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(encoding).map(([channel, definition]) => {
      if (!isMap(definition)) return [channel, definition];
      const field = definition.field as string;
      if (channel === "x" && trainingFields.has(field)) return [channel, trainingAxis(definition, dress)];
      if (channel === "x2" && trainingFields.has(field))
        return [channel, { ...definition, field: axisFields[dress.axis] }];
      if (field === "layer" && ["color", "stroke", "fill"].includes(channel) && definition.type !== "quantitative")
        return [channel, { ...definition, type: "ordinal", scale: layerScale(dress) }];
      return [channel, rewrite(definition, dress)];
    }),
  );
}

/** A step axis of bars or cells (`type: ordinal`, or binned) keeps its kind and only changes what it shows. */
function trainingAxis(definition: Spec, dress: Dress): Record<string, unknown> {
  const hidden = definition.axis === null && { axis: null };
  const title = definition.title === null ? null : axisTitles[dress.axis];
  const field = axisFields[dress.axis];
  if (definition.type === "ordinal" || definition.type === "nominal") {
    return {
      ...definition,
      field,
      title,
      axis: {
        labelAngle: 0,
        labelOverlap: "greedy",
        labelSeparation: 6,
        ...(isMap(definition.axis) ? definition.axis : {}),
      },
      ...hidden,
    };
  }
  const scale: Record<string, unknown> = { ...(isMap(definition.scale) ? definition.scale : {}) };
  if (definition.bin === undefined) scale.type = dress.log ? "log" : "linear";
  if (dress.log || dress.range) scale.nice = false;
  if (dress.range) scale.domain = [...dress.range];
  const axis = { format: dress.axis === "time" ? "~g" : "~s", tickCount: 6, labelOverlap: true };
  const whole = dress.axis === "time" ? {} : { tickMinStep: 1 };
  return { ...definition, field, type: "quantitative", title, scale, axis: { ...axis, ...whole }, ...hidden };
}

/** Where records are grouped by a training field, they are grouped by the shown one too, or it would be lost. */
function withAxisField(transform: unknown, dress: Dress): unknown {
  if (!isMap(transform) || !Array.isArray(transform.groupby)) return transform;
  const groupby = transform.groupby as unknown[];
  const field = axisFields[dress.axis];
  const onTraining = groupby.some((one) => trainingFields.has(one as string));
  return onTraining && !groupby.includes(field) ? { ...transform, groupby: [...groupby, field] } : transform;
}

function layerScale({ layers, theme }: Dress) {
  const domain = Array.from({ length: Math.max(1, layers) }, (_, layer) => layer);
  return { domain, range: domain.map((layer) => layerColour(layer, layers, theme)) };
}

const concats = ["hconcat", "vconcat", "concat"] as const;

function isConcat(key: string): boolean {
  return concats.some((kind) => kind === key);
}

/** A concatenated spec without some of its parts, and a line that says so; undefined where nothing is to be left out. */
export function withoutParts(spec: Spec, places: readonly number[]): Record<string, unknown> | undefined {
  const kind = concats.find((one) => Array.isArray(spec[one]));
  if (places.length === 0 || kind === undefined) return undefined;
  const parts = spec[kind] as readonly unknown[];
  const names = places.map((place) => partName(parts[place]) ?? `part ${place + 1}`);
  const text = `Without values, so not drawn: ${names.join(", ")}.`;
  const line = { text, fontSize: 11, fontWeight: "normal", anchor: "start" };
  return { title: line, ...spec, [kind]: parts.filter((_, place) => !places.includes(place)) };
}

/** Its own title, or that of what it shows upwards. */
function partName(part: unknown): string | undefined {
  const encoding = isMap(part) && isMap(part.encoding) ? part.encoding : {};
  const titles = [isMap(part) ? part.title : undefined, isMap(encoding.y) ? encoding.y.title : undefined];
  return titles.find((title) => typeof title === "string");
}

/** Whether a spec is one plot, which can be as high as there is room, and not several. */
export function isOnePlot(spec: Spec): boolean {
  return !hasFacets(spec) && ![...concats, "repeat"].some((kind) => kind in spec);
}

function hasFacets(spec: Spec): boolean {
  const encoding = isMap(spec.encoding) ? spec.encoding : {};
  return spec.facet !== undefined || ["facet", "row", "column"].some((channel) => channel in encoding);
}

/** Whether a spec tells runs apart itself, in a channel that is seen. */
export function comparesRuns(spec: unknown): boolean {
  if (Array.isArray(spec)) return spec.some(comparesRuns);
  if (typeof spec !== "object" || spec === null) return false;
  return Object.entries(spec).some(([key, value]) => {
    if (key === "detail" || key === "transform") return false;
    const field = (value as { field?: unknown } | null)?.field;
    return (typeof value === "object" && field === "run") || comparesRuns(value);
  });
}

function sized(spec: Record<string, unknown>, dress: Dress): Record<string, unknown> {
  const encoding = isMap(spec.encoding) ? spec.encoding : {};
  const facet = hasFacets(spec);
  if (isOnePlot(spec)) {
    const { width: _w, height, ...rest } = spec;
    const fit = { type: "fit", contains: "padding" };
    return { ...rest, width: dress.width, height: typeof height === "number" ? height : dress.height, autosize: fit };
  }
  // Narrower panels than this have no room for their own ticks.
  const most = Math.max(1, Math.floor((dress.width - besides(dress)) / 150));
  const faceted = isMap(encoding.facet) ? encoding.facet : {};
  const named = [spec.columns, faceted.columns].find((one) => typeof one === "number") as number | undefined;
  // Columns are asked for with a card of half a page in mind.
  const asked = dress.width > wideWidth ? undefined : named;
  const panels = Math.max(1, dress.panels);
  // As many rows as it takes, equally long.
  const columns = Math.ceil(panels / Math.ceil(panels / Math.max(1, Math.min(asked ?? panels, most))));
  const inColumns = "column" in encoding || (isMap(spec.facet) && "column" in spec.facet);
  const byRow = "row" in encoding || (isMap(spec.facet) && "row" in spec.facet);
  const across =
    "hconcat" in spec
      ? (spec.hconcat as unknown[]).length
      : byRow || "vconcat" in spec
        ? 1
        : Math.max(1, inColumns ? dress.panels : columns);
  const width = Math.max(40, Math.floor((dress.width - besides(dress)) / across) - 24);
  const height = Math.max(90, Math.min(dress.height, across > 1 || byRow || panels > 2 ? 130 : dress.height));
  if (isMap(spec.spec)) return { ...spec, columns, spec: { width, height, ...spec.spec } };
  if (facet && "facet" in encoding)
    return { width, height, ...spec, encoding: { ...encoding, facet: { ...faceted, columns } } };
  if (facet) return { width, height, ...spec };
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [key, isConcat(key) && Array.isArray(value) ? value.map(wide) : value]),
  );
  /** A part that is a plot and does not say how large it is. */
  function wide(part: unknown): unknown {
    return isMap(part) && ("mark" in part || "layer" in part) ? { width, height, ...part } : part;
  }
}

/** Above this many pixels a chart has a row of the page to itself. */
const wideWidth = 800;

/** Pixels that axes and a legend take; where there is little room, legends stand below. */
function besides({ width }: Dress): number {
  return isNarrow(width) ? 60 : 110;
}

function isNarrow(width: number): boolean {
  return width < 440;
}

/** Vega-Lite's config in the viewer's type and ink. */
export function themeConfig(theme: Theme, narrow = false): Record<string, unknown> {
  const { text, faint, grid } = inks[theme];
  const font = "system-ui, sans-serif";
  return {
    font,
    background: null,
    numberFormat: ",~r",
    view: { stroke: null },
    mark: { tooltip: { content: "data" }, color: runColour(0, theme) },
    line: { strokeWidth: 1.5, strokeJoin: "round" },
    point: { size: 24, filled: true },
    rule: { color: faint },
    text: { color: text },
    axis: {
      labelColor: faint,
      titleColor: faint,
      titleFontWeight: "normal",
      labelFontSize: 11,
      titleFontSize: 11,
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
      labelOverlap: true,
      labelSeparation: 4,
      // Longer than a plot is high, a title would be cut at its ends.
      titleLimit: 220,
    },
    ...(narrow && { axisY: { titleLimit: 120 } }),
    axisXDiscrete: { labelAngle: 0, labelLimit: 110 },
    legend: {
      ...(narrow && { orient: "bottom", columns: 2, layout: { bottom: { anchor: "start", direction: "vertical" } } }),
      gradientLength: 90,
      titleLimit: 300,
      labelColor: faint,
      titleColor: faint,
      titleFontWeight: "normal",
      labelFontSize: 11,
      titleFontSize: 11,
      symbolStrokeWidth: 2.5,
      symbolOpacity: 1,
    },
    header: { labelColor: text, titleColor: faint, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 11 },
    title: { color: text, fontSize: 13, fontWeight: 600, anchor: "start" },
    range: { category: Array.from({ length: 8 }, (_, i) => runColour(i, theme)), heatmap: { scheme: "viridis" } },
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
