/** Line charts as Vega-Lite, for exports and reports; on the page the same lines are drawn on a canvas. */
import type { Axis } from "../series/axes.ts";
import type { Spec } from "./spec.ts";

/** One line, named and coloured as it is drawn. */
export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
  /** Shown as dots joined by a line: sparse measurements such as evaluations. */
  readonly dots?: boolean;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** What to draw above the raw line, when it is smoothed. */
  readonly smooth?: readonly (number | null)[];
  /** The run or group that it stands for. */
  readonly subject?: string;
  /** Of a group: the interval about its mean, and from how many runs. */
  readonly band?: Band;
  /** Of a group: its runs' own values at the same x. */
  readonly members?: readonly (readonly (number | null)[])[];
}

export interface Band {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly n: readonly number[];
}

export interface LineChartLook {
  readonly title: string;
  readonly axis: Axis;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly percent: boolean;
  readonly range?: readonly [number, number] | undefined;
  readonly domain?: readonly [number, number] | undefined;
}

/** One record a point: `{ line, x, raw, shown }`, of a group also `low` and `high`. */
export function lineRecords(lines: readonly Line[]): Record<string, unknown>[] {
  return lines.flatMap(({ label, x, y, smooth, band }) =>
    x.flatMap((at, i) => {
      if (y[i] == null) return [];
      const ends = band && { low: band.low[i], high: band.high[i] };
      return [{ line: label, x: at, raw: y[i], shown: smooth?.[i] ?? y[i], ...ends }];
    }),
  );
}

/** The spec for these records; `named`: lines have a legend, where there are several. */
export function lineSpec(lines: readonly Line[], look: LineChartLook, xTitle: string, named = true): Spec {
  const labels = lines.map(({ label }) => label);
  const color = {
    field: "line",
    type: "nominal",
    scale: { domain: labels, range: lines.map(({ colour }) => colour) },
    legend: named && lines.length > 1 ? { title: null, symbolType: "stroke", labelLimit: 260 } : null,
    sort: null,
  };
  const large = lines.some((line) => line.y.some((value) => value !== null && Math.abs(value) >= 1e4));
  const dashed = lines.some(({ dash }) => dash.length > 0);
  const scale = {
    type: look.logX ? "log" : "linear",
    nice: false,
    ...(look.range && { domain: look.range }),
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: look.title,
    scale: {
      type: look.logY ? "log" : "linear",
      zero: false,
      ...(look.domain && { domain: look.domain }),
    },
    axis: { format: look.percent ? "~%" : large ? "~s" : "~g", tickCount: 5 },
  });
  const smoothed = lines.some((line) => line.smooth !== undefined);
  const banded = lines.some(({ band }) => band !== undefined);
  const mark = { type: "line", clip: true };
  const strokeDash = {
    field: "line",
    type: "nominal",
    scale: { domain: labels, range: lines.map(({ dash }) => (dash.length > 0 ? dash : [1, 0])) },
    legend: null,
    sort: null,
  };
  const dotted = lines.filter(({ dots }) => dots).map(({ label }) => label);
  return {
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: xTitle,
        scale,
        axis: { format: look.axis === "time" ? "~g" : "~s", tickCount: 6, grid: false },
      },
      color,
      ...(dashed && { strokeDash }),
    },
    layer: [
      ...(banded
        ? [
            {
              transform: [{ filter: "isValid(datum.low) && isValid(datum.high)" }],
              mark: { type: "area", opacity: 0.16, clip: true },
              encoding: { y: y("low"), y2: { field: "high" } },
            },
          ]
        : []),
      ...(smoothed ? [{ mark: { ...mark, opacity: 0.25, strokeWidth: 1 }, encoding: { y: y("raw") } }] : []),
      { mark, encoding: { y: y("shown") } },
      ...(dotted.length > 0
        ? [
            {
              transform: [{ filter: { field: "line", oneOf: dotted } }],
              mark: { type: "point", clip: true, filled: true, size: 22 },
              encoding: { y: y("raw") },
            },
          ]
        : []),
    ],
  };
}
