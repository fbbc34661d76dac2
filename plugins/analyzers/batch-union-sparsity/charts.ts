/** Charts of batch-union-sparsity. */
import type { Chart } from "../../../core/plugin.ts";
import { layerColour, layerLines, percentAxis } from "../chart-parts.ts";

/** Use of the batch over training, and the climb from token to sequence to batch. */
export const charts: readonly Chart[] = [
  {
    id: "use-batch",
    title: "Units used per batch",
    description: "Share of a layer's units that are active anywhere in the batch (Figure 1 of arXiv 2407.07848).",
    data: "scalars",
    only: ["use_batch"],
    spec: layerLines("units used per batch", percentAxis("units used per batch")),
  },
  {
    id: "levels",
    title: "Token, sequence, batch",
    description: "Use at the last step at three levels. A steep line is a layer whose tokens use different units.",
    data: "scalars",
    only: ["use_token", "use_seq", "use_batch"],
    spec: {
      transform: [
        { joinaggregate: [{ op: "max", field: "step", as: "last" }], groupby: ["run"] },
        { filter: "datum.step == datum.last" },
      ],
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "metric", type: "ordinal", sort: ["use_token", "use_seq", "use_batch"], title: null },
        y: { ...percentAxis("units used"), scale: { type: "log" } },
        color: layerColour,
        detail: { field: "run" },
      },
    },
  },
];
