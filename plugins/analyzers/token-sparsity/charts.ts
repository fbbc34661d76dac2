/** Charts of token-sparsity. */
import type { Chart } from "../../../core/contract/chart.ts";
import { layerColour, layerLines, percentAxis, tokensAxis } from "../chart-parts.ts";
import type { metrics } from "./metrics.ts";

/** Use over training, and its spread over tokens. */
export const charts: readonly Chart<keyof typeof metrics>[] = [
  {
    id: "use-token",
    title: "Units used per token",
    description:
      "Share of a layer's units that are active at a token, mean over tokens. 50 % at the start is symmetry.",
    data: "scalars",
    only: ["use_token"],
    spec: layerLines("units used per token", percentAxis("units used per token")),
  },
  {
    id: "active-per-token",
    title: "Active units per token, 5 % to 95 % of tokens",
    description:
      "The band holds nine tokens of ten: a wide band means that tokens differ in how much of the layer they use.",
    data: "scalars",
    only: ["active_per_token_q05", "active_per_token_q50", "active_per_token_q95"],
    spec: {
      transform: [{ pivot: "metric", value: "value", groupby: ["run", "tokens", "layer"] }],
      encoding: { x: tokensAxis, color: layerColour, detail: { field: "run" } },
      layer: [
        {
          mark: { type: "area", opacity: 0.15 },
          encoding: {
            y: { field: "active_per_token_q05", type: "quantitative", title: "active units per token" },
            y2: { field: "active_per_token_q95" },
          },
        },
        { mark: "line", encoding: { y: { field: "active_per_token_q50", type: "quantitative" } } },
      ],
    },
  },
  {
    id: "frequency-over-training",
    title: "Firing frequency of units over training",
    description:
      "Each column is the distribution of units over log10 firing frequency at one step. The lowest row holds the units that never fired in the batch.",
    data: "arrays",
    only: ["frequency_histogram"],
    spec: {
      transform: [{ calculate: "datum.index == 0 ? -6.1 : round(datum.index - 61) / 10", as: "logf" }],
      mark: "rect",
      encoding: {
        x: { field: "step", type: "ordinal", axis: { labelOverlap: true }, title: "step" },
        y: {
          field: "logf",
          type: "ordinal",
          sort: "descending",
          axis: {
            values: [-6.1, -5, -4, -3, -2, -1],
            labelExpr: "datum.value == -6.1 ? 'never' : format(datum.value, '.0f')",
          },
          title: "log10 frequency",
        },
        color: { field: "value", type: "quantitative", scale: { scheme: "viridis" }, title: "share of units" },
        facet: { field: "layer", type: "ordinal", columns: 2 },
      },
    },
  },
  {
    id: "rank-frequency",
    title: "Rank and frequency",
    description: "Firing frequency of units from the most to the least used, at the first and the last step.",
    data: "arrays",
    only: ["rank_frequency"],
    steps: "first-and-last",
    spec: {
      transform: [
        { calculate: "datum.row == 0 ? 'rank' : 'frequency'", as: "part" },
        { pivot: "part", value: "value", groupby: ["run", "step", "layer", "index"] },
        { filter: "datum.frequency > 0" },
      ],
      mark: "line",
      encoding: {
        x: { field: "rank", type: "quantitative", scale: { type: "log" }, title: "rank of unit" },
        y: { field: "frequency", type: "quantitative", scale: { type: "log" }, title: "firing frequency" },
        color: layerColour,
        strokeDash: { field: "step", type: "ordinal" },
        detail: { field: "run" },
      },
    },
  },
];
