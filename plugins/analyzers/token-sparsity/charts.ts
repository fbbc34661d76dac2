/** Charts of token-sparsity. */
import type { Chart } from "../../../core/plugin.ts";
import { layerColour, layerLines, percentAxis, tokensAxis } from "../chart-parts.ts";

/** Use over training, and its spread over tokens. */
export const charts: readonly Chart[] = [
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
];
