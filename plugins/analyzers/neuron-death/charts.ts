/** Charts of neuron-death. */
import type { Chart } from "../../../core/plugin.ts";
import { layerColour, layerLines, percentAxis, tokensAxis } from "../chart-parts.ts";
import { driftParts } from "./drift.ts";
import { lifeStates } from "./life.ts";

const partNames = JSON.stringify(driftParts);
const byPart = { field: "part", type: "nominal", sort: [...driftParts], title: "part" } as const;

/** States, deaths, their causes and courses. */
export const charts: readonly Chart[] = [
  {
    id: "states",
    title: "States of units over training",
    description:
      "Share of each layer's units in each state, window by window. Dead needs a significant silence; silent is only that.",
    data: "scalars",
    only: [...lifeStates],
    spec: {
      mark: "area",
      encoding: {
        x: { field: "tokens", type: "quantitative", title: "training tokens" },
        y: { field: "value", type: "quantitative", stack: "zero", axis: { format: "~%" }, title: "share of units" },
        color: { field: "metric", type: "nominal", sort: [...lifeStates], title: "state" },
        facet: { field: "layer", type: "ordinal", columns: 3 },
      },
    },
  },
  {
    id: "deaths",
    title: "Deaths",
    description:
      "Each mark is a unit at the step where it last fired; a vertical line of marks would be a catastrophe at one step.",
    data: "events",
    only: ["death"],
    spec: {
      mark: { type: "tick", thickness: 1 },
      encoding: {
        x: { field: "last_step", type: "quantitative", title: "step of the last firing" },
        y: { field: "layer", type: "ordinal", title: "layer" },
        color: {
          field: "sequences_before",
          type: "quantitative",
          scale: { type: "log", scheme: "viridis" },
          title: "sequences held before",
        },
      },
    },
  },
  {
    id: "raster",
    title: "Death raster",
    description:
      "One line for each unit that died, as long as it lived, sorted by the step at which it last fired. A vertical edge would be a catastrophe; a slope is attrition.",
    data: "events",
    only: ["death"],
    spec: {
      transform: [
        {
          window: [{ op: "row_number", as: "order" }],
          groupby: ["run", "layer"],
          sort: [{ field: "last_step" }, { field: "unit" }],
        },
        { calculate: "0", as: "start" },
      ],
      mark: { type: "rule", strokeWidth: 1 },
      encoding: {
        x: { field: "start", type: "quantitative", title: "step" },
        x2: { field: "last_step" },
        y: { field: "order", type: "quantitative", scale: { reverse: true }, title: "units, by time of death" },
        color: {
          field: "sequences_before",
          type: "quantitative",
          scale: { type: "log", scheme: "viridis" },
          title: "sequences held before",
        },
        facet: { field: "layer", type: "ordinal", columns: 3 },
      },
    },
  },
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
    id: "hazard",
    title: "Hazard of death",
    description: "Deaths per unit at risk and million tokens.",
    data: "scalars",
    only: ["hazard"],
    spec: layerLines("deaths per unit and million tokens"),
  },
  {
    id: "revival",
    title: "How long the dead stay dead",
    description: "Kaplan-Meier: share of dead units that are still dead after so many windows.",
    data: "arrays",
    only: ["revival_survival"],
    steps: "last",
    spec: {
      mark: { type: "line", interpolate: "step-after" },
      encoding: {
        x: { field: "index", type: "quantitative", title: "windows since the death was called" },
        y: {
          field: "value",
          type: "quantitative",
          scale: { domain: [0, 1] },
          axis: { format: "~%" },
          title: "still dead",
        },
        color: layerColour,
        detail: { field: "run" },
      },
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
  {
    id: "dead",
    title: "Dead units",
    description: "Share of units that are significantly silent, and stay so.",
    data: "scalars",
    only: ["dead"],
    spec: layerLines("dead units", percentAxis("dead units")),
  },
];
