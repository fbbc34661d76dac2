/** Where a line chart's axes have ticks, and what stands there. */
import type uPlot from "uplot";
import { si } from "../charts/format.ts";
import type { LineChartLook } from "../charts/line-spec.ts";
import { logTicks } from "../charts/nice-ticks.ts";
import { inks, type Theme } from "../charts/palette.ts";
import type { Axis } from "../series/axes.ts";

/** Below this many pixels an axis has room for short labels only, or it would have but one. */
const narrow = 260;

const steps: readonly number[] = Array.from({ length: 33 }, (_, i) => i - 15).flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

/** The axes of a plot so many pixels wide: x first. */
export function axesOf(look: LineChartLook, theme: Theme, width: number, font: string): uPlot.Axis[] {
  const { faint, grid } = inks[theme];
  const xFormat = (value: number) => (look.axis === "time" ? tidy(value) : si(value));
  const yFormat = (value: number) => (look.percent ? `${tidy(value * 100)} %` : tickText(value));
  const axis: uPlot.Axis = { stroke: faint, font, ticks: { show: false }, border: { show: false } };
  const space = width < narrow ? 30 : 60;
  return [
    {
      ...axis,
      grid: { show: false },
      size: 26,
      space,
      ...(look.logX ? logarithmic(Math.min(40, space)) : { incrs: increments(look.axis) }),
      values: (_, splits) => splits.map(xFormat),
    },
    {
      ...axis,
      grid: { stroke: grid, width: 1 },
      size: 52,
      space: 28,
      ...(look.logY ? logarithmic(20) : { incrs: [...steps] }),
      values: (_, splits) => splits.map(yFormat),
    },
  ];
}

/** Steps between ticks of a linear axis: 1, 2 and 5 times powers of ten; steps and tokens are whole. */
function increments(axis: Axis): number[] {
  return steps.filter((step) => axis === "time" || step >= 1);
}

/** Ticks of a logarithmic axis, one in so many pixels at most; each is shown. */
function logarithmic(space: number): Pick<uPlot.Axis, "splits" | "filter"> {
  return {
    splits: ({ bbox }, axis, low, high) => {
      const pixels = (axis === 0 ? bbox.width : bbox.height) / devicePixelRatio;
      return logTicks(low, high, 10, Math.max(2, Math.floor(pixels / space)));
    },
    filter: (_, splits) => splits,
  };
}

/** A value beside the y axis. */
function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4) return si(value);
  return size !== 0 && size < 1e-3 ? value.toExponential(0) : tidy(value);
}

/** Without the digits that binary fractions add. */
function tidy(value: number): string {
  return String(Number(value.toPrecision(4)));
}
