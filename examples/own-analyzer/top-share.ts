/** How much of a layer's total activation its most active neurons carry: an analyzer of one's own in one file. */
import { type Analyzer, defineAnalyzer, type NDArray } from "reluscope";
import { z } from "zod";

const options = z.strictObject({
  share: z.number().gt(0).lte(1).default(0.01).describe("The share of neurons that count as the top ones."),
});

export const topShare: Analyzer = defineAnalyzer({
  name: "top-share",
  summary: "share of the activation mass that the most active neurons carry",
  options,
  sites: ["mlp_post"],
  metrics: {
    top_share: "Activation summed over the top neurons, divided by that of all; 0 to 1, per layer.",
  },
  headline: ["top_share"],
  charts: [
    {
      id: "top-share",
      title: "Activation carried by the top neurons",
      description: "One line for each layer; 1 means that the top neurons do everything.",
      data: "scalars",
      spec: {
        mark: { type: "line" },
        encoding: {
          x: { field: "step", type: "quantitative" },
          y: { field: "value", type: "quantitative", title: "share", scale: { domain: [0, 1] } },
          color: { field: "layer", type: "ordinal" },
        },
      },
    },
  ],
  setup({ share }, run) {
    const top = Math.max(1, Math.round(share * run.model.d_mlp));
    return {
      // On the device: one sum for each neuron is all that leaves it.
      probe: ({ mlp_post }) => ({ mass: mlp_post.map((h) => h.sum([0, 1])) }), // [d_mlp] for each layer
      // Micro-batches of gradient accumulation add up.
      combine: { mass: "sum" },
      // On the host, after the step.
      analyze: ({ mass }) => ({ top_share: mass.map((layer) => topShareOf(layer, top)) }),
    };
  },
});

function topShareOf({ data }: NDArray, top: number): number {
  const descending = Float64Array.from(data).sort().reverse();
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return sum(descending.subarray(0, top)) / sum(descending);
}
