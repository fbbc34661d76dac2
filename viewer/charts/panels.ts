/** Which lines a metric gives, over runs and layers, and how they are told apart. */
import type { RunSeries } from "../api.ts";
import type { Axis } from "../series/axes.ts";
import type { Line } from "./line-spec.ts";
import { parseKey } from "./metric-key.ts";
import { dashes, layerColour, runColour, type Theme } from "./palette.ts";
import { smooth } from "./smooth.ts";

/** A run as charts see it. */
export interface ShownRun {
  readonly id: string;
  /** Its name, made unique among the shown. */
  readonly label: string;
  readonly createdAt: number;
  readonly layers: number;
}

/** One plot: a card has one, or one for each layer when many runs are compared. */
export interface Panel {
  readonly title: string | undefined;
  readonly lines: readonly Line[];
  /** Rows in a pair of points, by line. */
  readonly strides: readonly number[];
}

export interface PanelOptions {
  readonly axis: Axis;
  readonly smooth: number;
  readonly theme: Theme;
  /** Metrics (without layer) that are drawn as dots: evaluations. */
  readonly dots?: readonly string[];
  /** Colours by run; default those that tell few runs apart. */
  readonly colours?: readonly string[];
  /** Runs that are not drawn, by place. */
  readonly hidden?: ReadonlySet<number>;
}

/** Up to this many runs share a plot in which colour is the layer and the dash the run. */
const mostDashed = 3;
const hour = 3_600_000;

/** Positions of a series on an axis; elapsed time is in hours since the run began. */
export function positions(series: RunSeries, axis: Axis, createdAt: number): readonly number[] {
  return axis === "time" ? series.time.map((time) => (time - createdAt) / hour) : series[axis];
}

/** The plots of the given keys. */
export function panels(
  keys: readonly string[],
  runs: readonly ShownRun[],
  series: readonly RunSeries[],
  options: PanelOptions,
): readonly Panel[] {
  const layers = [...new Set(keys.map((key) => parseKey(key).layer))].sort((a, b) => (a ?? -1) - (b ?? -1));
  const apart = layers.length > 1 && runs.length > mostDashed;
  const groups = apart ? layers.map((layer) => keys.filter((key) => parseKey(key).layer === layer)) : [keys];
  return groups.map((group, i) => panel(group, runs, series, options, apart ? `layer ${layers[i]}` : undefined));
}

function panel(
  keys: readonly string[],
  runs: readonly ShownRun[],
  series: readonly RunSeries[],
  options: PanelOptions,
  title: string | undefined,
): Panel {
  const metrics = new Set(keys.map((key) => parseKey(key).metric));
  const sections = new Set(keys.map((key) => parseKey(key).section));
  const layered = title === undefined && keys.some((key) => parseKey(key).layer !== null);
  const lines: Line[] = [];
  const strides: number[] = [];
  for (const [r, run] of runs.entries()) {
    const from = series[r];
    if (!from || options.hidden?.has(r)) continue;
    const x = positions(from, options.axis, run.createdAt);
    for (const [k, key] of keys.entries()) {
      const y = from.values[key];
      if (!y) continue;
      const { section, metric, layer } = parseKey(key);
      const what = [
        runs.length > 1 ? run.label : "",
        metrics.size * sections.size > 1 ? (metrics.size > 1 ? metric.replaceAll("_", " ") : section) : "",
        layer !== null && title === undefined ? `layer ${layer}` : "",
      ].filter((part) => part !== "");
      const kind = Math.max(0, [...metrics].indexOf(metric) + [...sections].indexOf(section));
      lines.push({
        label: what.join(" · ") || metric.replaceAll("_", " "),
        colour:
          layered && layer !== null
            ? layerColour(layer, run.layers, options.theme)
            : runs.length > 1
              ? (options.colours?.[r] ?? runColour(r, options.theme))
              : runColour(k, options.theme),
        dash:
          dashes[layered ? (runs.length > 1 ? r : kind) % dashes.length : runs.length > 1 ? kind % dashes.length : 0] ??
          [],
        dots: options.dots?.includes(`${section}/${metric}`) ?? false,
        ...(runs.length > 1 && { subject: run.id }),
        x,
        y,
        ...(options.smooth > 0 &&
          !options.dots?.includes(`${section}/${metric}`) && { smooth: smooth(x, y, options.smooth) }),
      });
      strides.push(from.stride);
    }
  }
  return { title, lines, strides };
}
