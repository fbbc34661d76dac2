/** Charts of batch-union-sparsity. */
import type { Chart } from "../../../core/contract/chart.ts";
import { layerBand, layerColour, layerLines, percentAxis } from "../chart-parts.ts";
import type { metrics } from "./metrics.ts";

/** Use of the batch over training, and the climb from token to sequence to batch. */
export const charts: readonly Chart<keyof typeof metrics>[] = [
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
  {
    id: "union-growth",
    title: "Union growth",
    description:
      "Units used by n tokens at the last step. Solid: whole sequences; dashed: tokens shuffled over the batch (rarefaction); dotted: all units equally frequent. Solid below dashed: sequences reuse their units.",
    data: "arrays",
    only: ["union_growth"],
    steps: "last",
    spec: {
      transform: [
        { calculate: "['n', 'shuffled', 'equal units', 'sequences'][datum.row]", as: "part" },
        { pivot: "part", value: "value", groupby: ["run", "step", "layer", "index"] },
        { fold: ["sequences", "shuffled", "equal units"], as: ["baseline", "use"] },
        { filter: "isValid(datum.use) && isFinite(datum.use)" },
      ],
      mark: "line",
      encoding: {
        x: { field: "n", type: "quantitative", scale: { type: "log", base: 2 }, title: "tokens" },
        y: { field: "use", type: "quantitative", axis: { format: "~%" }, title: "units used" },
        color: layerColour,
        strokeDash: { field: "baseline", type: "nominal", sort: ["sequences", "shuffled", "equal units"] },
        detail: { field: "run" },
      },
    },
  },
  {
    id: "cluster-index",
    title: "Cluster index",
    description:
      "Units that a sequence uses over what as many tokens shuffled between sequences would use. 1: no structure beyond frequency. Band: 95 % interval of the mean of the last analyses.",
    data: "scalars",
    only: ["cluster_index", "cluster_index_low", "cluster_index_high"],
    spec: layerBand("cluster_index", "cluster index"),
  },
];
