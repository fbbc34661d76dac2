/** Charts of layer-contrast. */
import type { Chart } from "../../../core/contract/chart.ts";
import { layerLines } from "../chart-parts.ts";
import { deltaNames } from "./effects.ts";
import type { metrics } from "./metrics.ts";

const lastStep = [
  { joinaggregate: [{ op: "max", field: "step", as: "last" }], groupby: ["run"] },
  { filter: "datum.step == datum.last" },
];

/** The contrast statistic by statistic, and each layer's way through the plane of token and batch use. */
export const charts: readonly Chart<keyof typeof metrics>[] = [
  {
    id: "contrasts",
    title: "Last against first layer",
    description:
      "Difference of log odds (log for ratios), mean of the last analyses with its 95 % interval over units and sequences. Right of 0: higher in the last layer.",
    data: "scalars",
    only: deltaNames.flatMap((name) => [
      `delta_mean_${name}` as const,
      `delta_low_${name}` as const,
      `delta_high_${name}` as const,
    ]),
    spec: {
      transform: [
        ...lastStep,
        { calculate: "split(datum.metric, '_')[1]", as: "part" },
        { calculate: "replace(datum.metric, /.*delta_(mean|low|high)_/, '')", as: "statistic" },
        { pivot: "part", value: "value", groupby: ["run", "statistic"] },
        { filter: "isFinite(datum.mean)" },
      ],
      encoding: { y: { field: "statistic", type: "nominal", title: null } },
      layer: [
        {
          mark: "rule",
          encoding: {
            x: { field: "low", type: "quantitative", title: "last - first, log odds" },
            x2: { field: "high" },
          },
        },
        { mark: { type: "point", filled: true }, encoding: { x: { field: "mean", type: "quantitative" } } },
        {
          mark: { type: "rule", color: "#888" },
          encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: "height" } },
        },
      ],
    },
  },
  {
    id: "slopes",
    title: "First to last layer",
    description:
      "Use at three levels in every layer at the last step. Lines that cross between levels are an inversion.",
    data: "scalars",
    only: ["use_token", "use_seq", "use_batch"],
    spec: {
      transform: [...lastStep, { calculate: "2 * asin(sqrt(datum.value))", as: "arcsine" }],
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "layer", type: "ordinal", title: "layer" },
        y: { field: "arcsine", type: "quantitative", title: "2 asin of the root of use (differences are Cohen's h)" },
        color: { field: "metric", type: "nominal", title: null },
        detail: { field: "run" },
      },
    },
  },
  {
    id: "specificity",
    title: "Specificity to tokens",
    description:
      "How far the median unit's firing depends on the token that it is at. 1: fires at one token only; 0: does not care.",
    data: "scalars",
    only: ["specificity"],
    spec: layerLines("specificity"),
  },
  {
    id: "phase-portrait",
    title: "Token use against batch use",
    description: "Each line is one layer's way through training. Up and left: many units, each used seldom.",
    data: "scalars",
    only: ["use_token", "use_batch"],
    spec: {
      transform: [{ pivot: "metric", value: "value", groupby: ["run", "step", "layer"] }],
      mark: { type: "trail" },
      encoding: {
        x: { field: "use_token", type: "quantitative", scale: { type: "log" }, axis: { format: "~%" } },
        y: { field: "use_batch", type: "quantitative", scale: { type: "log" }, axis: { format: "~%" } },
        order: { field: "step" },
        size: { field: "step", type: "quantitative", scale: { range: [0.5, 3] }, legend: null },
        color: { field: "layer", type: "ordinal", scale: { scheme: "viridis" }, title: "layer" },
        detail: { field: "run" },
      },
    },
  },
];
