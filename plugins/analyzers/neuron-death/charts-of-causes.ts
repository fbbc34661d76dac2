/** Charts of what moved units that died, how they fell, and whether spikes had to do with it. */
import type { Chart } from "../../../core/contract/chart.ts";
import { layerColour, tokensAxis } from "../chart-parts.ts";
import { driftParts } from "./drift.ts";
import type { metrics } from "./metrics.ts";

const partNames = JSON.stringify(driftParts);
const byPart = { field: "part", type: "nominal", sort: [...driftParts], title: "part" } as const;

/** Each with the matched survivors beside the dying. */
export const chartsOfCauses: readonly Chart<keyof typeof metrics>[] = [
  {
    id: "death-drift",
    title: "What moved the dying",
    description:
      "Mean drift of pre-activations before the last firing in parts, for the dying and for survivors as busy as they were. Only the difference is special to death.",
    data: "arrays",
    only: ["death_drift"],
    steps: "last",
    spec: {
      transform: [
        { calculate: `${partNames}[datum.index]`, as: "part" },
        { calculate: "['dying', 'survivors', 'after death'][datum.row]", as: "units" },
      ],
      mark: "bar",
      encoding: {
        x: { field: "value", type: "quantitative", title: "drift of the pre-activation" },
        y: { field: "units", type: "nominal", sort: ["dying", "survivors", "after death"], title: null },
        color: byPart,
        facet: { field: "layer", type: "ordinal", columns: 2 },
      },
    },
  },
  {
    id: "deaths-and-spikes",
    title: "Deaths by step, and spikes",
    description:
      "Units that last fired in each span of steps; ticks below: steps whose loss or gradient norm lay over 3 deviations above the 50 before. Deaths that follow spikes would stand over them.",
    data: "events",
    only: ["death", "spike"],
    spec: {
      transform: [
        { calculate: "datum.kind == 'death' ? datum.last_step : datum.spike_step", as: "at" },
        { calculate: "datum.kind == 'spike' ? datum.of : null", as: "spike" },
      ],
      vconcat: [
        {
          height: 160,
          transform: [{ filter: "datum.kind == 'death'" }],
          mark: "bar",
          encoding: {
            x: { field: "at", type: "quantitative", bin: { maxbins: 60 }, title: null },
            y: { aggregate: "count", type: "quantitative", title: "deaths" },
            color: layerColour,
          },
        },
        {
          height: 30,
          transform: [{ filter: "datum.kind == 'spike'" }],
          mark: { type: "tick", thickness: 1 },
          encoding: {
            x: { field: "at", type: "quantitative", title: "step" },
            y: { field: "spike", type: "nominal", title: "spike of" },
          },
        },
      ],
      resolve: { scale: { x: "shared" } },
    },
  },
  {
    id: "threshold-course",
    title: "Thresholds before death",
    description:
      "Firing threshold cosine of units that died, aligned at their last firing, and of survivors as busy as they over the same steps (dashed). Lines are means, the band one deviation of the dying. Higher is harder to fire.",
    data: "arrays",
    only: ["threshold_course"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "['before', 'dying', 'spread', 'survivors', 'survivors spread'][datum.row]", as: "part" },
        { pivot: "part", value: "value", groupby: ["run", "step", "layer", "index"] },
        { filter: "isFinite(datum.dying)" },
        { calculate: "datum.dying - datum.spread", as: "low" },
        { calculate: "datum.dying + datum.spread", as: "high" },
        { calculate: "-datum.before", as: "until" },
      ],
      encoding: {
        x: { field: "until", type: "quantitative", title: "steps to the last firing" },
        color: layerColour,
        detail: { field: "run" },
      },
      layer: [
        {
          mark: { type: "area", opacity: 0.12 },
          encoding: {
            y: { field: "low", type: "quantitative", scale: { zero: false }, title: "firing threshold cosine" },
            y2: { field: "high" },
          },
        },
        { mark: "line", encoding: { y: { field: "dying", type: "quantitative" } } },
        {
          mark: { type: "line", strokeDash: [4, 3], opacity: 0.7 },
          encoding: { y: { field: "survivors", type: "quantitative" } },
        },
      ],
    },
  },
  {
    id: "largest-step",
    title: "Jump or gradual",
    description:
      "Largest fall of the margin over all its falls: the dying (solid) and matched survivors (dashed). Equal lines: the dying jumped no more than others.",
    data: "scalars",
    only: ["largest_step", "largest_step_survivors"],
    spec: {
      mark: "line",
      encoding: {
        x: tokensAxis,
        y: { field: "value", type: "quantitative", scale: { domain: [0, 1] }, title: "largest step" },
        color: layerColour,
        strokeDash: { field: "metric", type: "nominal", title: null },
        detail: { field: "run" },
      },
    },
  },
  {
    id: "largest-steps",
    title: "Largest step of each death",
    description:
      "Deaths by the largest fall of the margin between two looks over all its falls; outlined: matched survivors. Bars to the right of the outline would be jumps that are special to death.",
    data: "arrays",
    only: ["largest_step_histogram"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "datum.index / 20", as: "from" },
        { calculate: "(datum.index + 1) / 20", as: "to" },
        { filter: "isFinite(datum.value)" },
      ],
      facet: { field: "layer", type: "ordinal", columns: 3 },
      spec: {
        encoding: {
          x: { field: "from", type: "quantitative", title: "largest step" },
          x2: { field: "to" },
          y: { field: "value", type: "quantitative", axis: { format: "~%" }, title: "share" },
          y2: { datum: 0 },
        },
        layer: [
          { transform: [{ filter: "datum.row == 0" }], mark: { type: "bar", opacity: 0.7 } },
          {
            transform: [{ filter: "datum.row == 1" }],
            mark: { type: "bar", filled: false, stroke: "#222", strokeWidth: 1 },
          },
        ],
      },
    },
  },
  {
    id: "thresholds",
    title: "Firing thresholds",
    description:
      "Units by the cosine that an input must have with their direction to fire them; at 1 and beyond nothing can.",
    data: "arrays",
    only: ["threshold_histogram"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "(datum.index + 0.5) / 20 - 1", as: "threshold" },
        { calculate: "datum.row == 0 ? 'silent' : 'firing'", as: "units" },
      ],
      mark: { type: "bar", opacity: 0.6 },
      encoding: {
        x: { field: "threshold", type: "quantitative", title: "firing threshold cosine" },
        y: { field: "value", type: "quantitative", stack: null, title: "units" },
        color: { field: "units", type: "nominal", title: "on frozen tokens" },
        facet: { field: "layer", type: "ordinal", columns: 2 },
      },
    },
  },
];
