/** Charts of neuron-death: states, deaths and revivals; those of what lies behind deaths are in charts-of-causes.ts. */
import type { Chart } from "../../../core/contract/chart.ts";
import { layerBand, layerColour, layerLines, percentAxis } from "../chart-parts.ts";
import { chartsOfCauses } from "./charts-of-causes.ts";
import { lifeStates } from "./life.ts";
import type { metrics } from "./metrics.ts";

/** All of them. */
export const charts: readonly Chart<keyof typeof metrics>[] = [
  {
    id: "states",
    title: "States of units over training",
    description:
      "Share of each layer's units in each state, window by window. Dead: silent for so long that few come back; silent and dormant units may.",
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
    id: "hazard-by-age",
    title: "Hazard of death by age",
    description:
      "Deaths per unit at risk and million tokens, by windows since a unit's first firing or revival. Flat: death does not depend on age.",
    data: "arrays",
    only: ["hazard_by_age"],
    steps: "last",
    spec: {
      transform: [{ filter: "datum.row == 2 && isFinite(datum.value)" }],
      mark: { type: "line", interpolate: "step-after" },
      encoding: {
        x: { field: "index", type: "quantitative", title: "age, windows" },
        y: { field: "value", type: "quantitative", title: "deaths per unit and million tokens" },
        color: layerColour,
        detail: { field: "run" },
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
    id: "dead",
    title: "Dead units",
    description: "Share of units that have been silent for so long that few such units come back.",
    data: "scalars",
    only: ["dead"],
    spec: layerLines("dead units", percentAxis("dead units")),
  },
  {
    id: "returns",
    title: "Who comes back",
    description:
      "Of units silent for so many windows, the share that fired within as many again. Where it falls to 5 % a unit may be called dead.",
    data: "arrays",
    only: ["returns"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "datum.row == 0 ? 'windows' : 'share'", as: "part" },
        { pivot: "part", value: "value", groupby: ["run", "step", "layer", "index"] },
        { filter: "isFinite(datum.share)" },
      ],
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "windows", type: "quantitative", scale: { type: "log", base: 2 }, title: "silent windows" },
        y: { field: "share", type: "quantitative", axis: { format: "~%" }, title: "fire within as many again" },
        color: layerColour,
        detail: { field: "run" },
      },
    },
  },
  {
    id: "directedness",
    title: "Directedness",
    description:
      "Units that fell silent over 16 looks, over those that random walks with the same steps bring there. 1: chance. Band: what lies between the 2.5 % and 97.5 % quantiles of walks; a line whose band holds 1 is no more than chance.",
    data: "scalars",
    only: ["directedness", "directedness_low", "directedness_high"],
    spec: layerBand("directedness", "directedness"),
  },
  ...chartsOfCauses,
];
