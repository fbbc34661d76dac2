/** Declared charts of every shape that the built-in analyzers use, for made-up runs. */
import type { DeclaredChart } from "../../core/contract/chart.ts";

const layer = { field: "layer", type: "ordinal", title: "layer" } as const;

export const syntheticCharts: readonly DeclaredChart[] = [
  {
    section: "token_sparsity",
    id: "use-token",
    title: "Units used per token",
    description: "Share of a layer's units that are active at a token.",
    data: "scalars",
    only: ["use_token"],
    spec: {
      mark: { type: "line", interpolate: "linear" },
      encoding: {
        x: { field: "tokens", type: "quantitative", scale: { type: "log" }, title: "training tokens" },
        y: { field: "value", type: "quantitative", axis: { format: "~%" }, title: "units used per token" },
        color: { ...layer, scale: { scheme: "viridis" } },
        detail: { field: "run" },
      },
    },
  },
  {
    section: "neuron_death",
    id: "states",
    title: "Dead units",
    description: "Share of units that have stopped firing, stacked over layers.",
    data: "scalars",
    only: ["dead"],
    spec: {
      mark: "area",
      encoding: {
        x: { field: "step", type: "quantitative" },
        y: {
          field: "value",
          type: "quantitative",
          stack: true,
          axis: { format: "~%" },
          title: "dead (sum over layers)",
        },
        color: layer,
      },
    },
  },
  {
    section: "neuron_death",
    id: "raster",
    title: "Death raster",
    description: "Every unit's firing frequency, units sorted by the step at which they fell silent.",
    data: "arrays",
    only: ["frequency"],
    spec: {
      transform: [
        { calculate: "datum.value > 0 ? datum.step : 0", as: "fired" },
        { joinaggregate: [{ op: "max", field: "fired", as: "last" }], groupby: ["layer", "index"] },
        { calculate: "datum.value > 0 ? log(datum.value) / LN10 : null", as: "log_frequency" },
      ],
      facet: { field: "layer", type: "ordinal", columns: 4, title: "layer" },
      spec: {
        mark: { type: "rect" },
        encoding: {
          x: { field: "step", type: "ordinal" },
          y: { field: "index", type: "ordinal", sort: { field: "last" }, axis: null },
          color: {
            field: "log_frequency",
            type: "quantitative",
            title: "log10 frequency",
            scale: { scheme: "viridis" },
          },
        },
      },
    },
  },
  {
    section: "neuron_death",
    id: "frequency-heat",
    title: "Firing frequency",
    description: "Share of units at each frequency, by step.",
    data: "arrays",
    only: ["frequency"],
    spec: {
      transform: [
        { filter: "datum.value > 0" },
        { calculate: "floor(4 * log(datum.value) / LN10) / 4", as: "bin" },
        { aggregate: [{ op: "count", as: "units" }], groupby: ["step", "layer", "bin"] },
      ],
      mark: "rect",
      encoding: {
        x: { field: "step", type: "ordinal" },
        y: { field: "bin", type: "ordinal", sort: "descending", title: "log10 frequency" },
        color: { field: "units", type: "quantitative" },
        column: { field: "layer", type: "ordinal" },
      },
    },
  },
  {
    section: "neuron_death",
    id: "union-growth",
    title: "Union growth",
    description: "Units seen in n tokens, at the newest probe.",
    data: "arrays",
    only: ["union"],
    steps: "last",
    spec: {
      transform: [{ calculate: "pow(2, datum.index)", as: "n" }],
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "n", type: "quantitative", scale: { type: "log", base: 2 }, title: "tokens n" },
        y: { field: "value", type: "quantitative", axis: { format: "~%" }, title: "units seen" },
        color: layer,
      },
    },
  },
  {
    section: "neuron_death",
    id: "drift",
    title: "What moved dying units",
    description: "Parts of the change of the mean pre-activation: dying units beside survivors that fired as often.",
    data: "arrays",
    only: ["drift"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "['weights', 'bias', 'layer norm', 'upstream'][datum.index]", as: "part" },
        { calculate: "datum.row == 0 ? 'dying' : 'survivors'", as: "group" },
      ],
      mark: "bar",
      encoding: {
        x: { field: "value", type: "quantitative", title: "change of mean pre-activation" },
        y: { field: "group", type: "nominal", title: null },
        color: { field: "part", type: "nominal" },
        row: { field: "layer", type: "ordinal" },
      },
    },
  },
  {
    section: "neuron_death",
    id: "forks",
    title: "Fork overlap",
    description: "Units that die in two forks of a run, beside what chance would give.",
    data: "arrays",
    only: ["forks"],
    steps: "last",
    spec: {
      transform: [{ calculate: "['observed', 'chance', 'chance at equal frequency'][datum.index]", as: "what" }],
      mark: "bar",
      encoding: {
        x: { field: "value", type: "quantitative", title: "units dead in both" },
        y: { field: "what", type: "nominal", title: null, sort: null },
      },
    },
  },
  {
    section: "neuron_death",
    id: "deaths",
    title: "Deaths by step",
    description: "How many units fell silent for good.",
    data: "events",
    only: ["death"],
    spec: {
      mark: "bar",
      encoding: {
        x: { field: "step", type: "quantitative", bin: { maxbins: 40 } },
        y: { aggregate: "count", title: "deaths" },
        color: layer,
      },
    },
  },
];
