/**
 * Compiled, never run: what the types of the contract must refuse. A line that compiles although it should not is an unused
 * `@ts-expect-error`, and so an error.
 */
import { z } from "zod";
import { defineAnalyzer, defineFrozenProbe } from "../../core/contract/analyzer.ts";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { defineModel } from "../../core/contract/model.ts";
import { defineOptimizer } from "../../core/contract/optimizer.ts";
import { defineSink } from "../../core/contract/sink.ts";

const common = { name: "typed", summary: "typed", options: z.strictObject({}) };

defineAnalyzer({
  ...common,
  options: z.strictObject({ share: z.number().default(0.5) }),
  sites: ["mlp_post", "logits"],
  metrics: { use: "" },
  headline: ["use"],
  setup: ({ share }, run) => ({
    probe: ({ mlp_post, logits }, { tf, tokens }) => ({
      perLayer: mlp_post.map((layer) => tf.sum(layer)),
      top: tf.max(logits),
      tokens,
    }),
    analyze: ({ perLayer, top }) => {
      const layers: number = perLayer.length + run.model.n_layers;
      const value: number | undefined = top.data[0];
      return { use: [layers, value ?? share] };
    },
  }),
});

defineAnalyzer({
  ...common,
  // @ts-expect-error: there is no such site
  sites: ["mlp_poost"],
  metrics: { use: "" },
  setup: () => ({ probe: () => ({}), analyze: () => ({}) }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  metrics: { use: "" },
  setup: () => ({
    // @ts-expect-error: resid_post is a site, but it is not listed, and so not captured
    probe: ({ resid_post }) => ({ resid_post }),
    analyze: () => ({}),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  metrics: { use: "" },
  setup: () => ({
    probe: ({ mlp_post }) => ({ sum: mlp_post[0]!.sum() }),
    // @ts-expect-error: `probe` returned no `count`
    analyze: ({ count }) => ({ use: count.data[0] ?? 0 }),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post", "logits"],
  metrics: { use: "" },
  setup: () => ({
    // @ts-expect-error: mlp_post is a list, one tensor a layer
    probe: ({ mlp_post }) => ({ sum: mlp_post.sum() }),
    analyze: () => ({}),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  // @ts-expect-error: the metric `usage`, which analyze returns, is not declared
  metrics: { use: "" },
  setup: () => ({
    probe: ({ mlp_post }) => ({ sum: mlp_post[0]!.sum() }),
    analyze: ({ sum }) => ({ usage: sum.floats()[0] ?? 0 }),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  // @ts-expect-error: nor is it declared when it comes through a variable and a spread
  metrics: { use: "" },
  setup: () => ({
    probe: ({ mlp_post }) => ({ sum: mlp_post[0]!.sum() }),
    analyze: ({ sum }) => {
      const more = { usage: sum.floats().reduce((total, value) => total + value, 0) };
      return { use: 0, ...more };
    },
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  // @ts-expect-error: a metric of the frozen probe is not declared either
  metrics: { use: "" },
  setup: () => ({
    probe: () => ({}),
    analyze: () => ({ use: 0 }),
    frozen: defineFrozenProbe({
      every: 1,
      sequences: 1,
      sites: ["mlp_pre"],
      probe: ({ mlp_pre }) => ({ top: mlp_pre[0]!.max() }),
      analyze: ({ top }) => ({ margin: top.floats()[0] ?? 0 }),
    }),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  metrics: { use: "" },
  // @ts-expect-error: a chart of a metric that is not declared
  charts: [{ id: "a", title: "a", description: "a", data: "scalars", only: ["usage"], spec: {} }],
  setup: () => ({ probe: () => ({}), analyze: () => ({ use: 0 }) }),
});

defineModel({
  ...common,
  neuron: "none",
  // @ts-expect-error: sites have standard names, or names with a dot
  sites: { "mlp.gate": ["batch", "pos", "d_mlp"], mlp_poost: ["batch", "pos", "d_mlp"] },
  create: () => ({
    shape: {} as never,
    parameters: {},
    initialise: () => ({}),
    forward: () => ({}) as never,
    layer: () => ({}) as never,
  }),
});

defineOptimizer({
  ...common,
  // @ts-expect-error: a key that is no optimizer's
  reads: ["beta3"],
  create: () => ({ init: () => ({}), scalars: () => ({}), update: () => ({}) }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  metrics: { use: "" },
  setup: () => ({
    probe: ({ mlp_post }) => ({ sum: mlp_post[0]!.sum() }),
    // @ts-expect-error: a metric is a number or an array, not a text
    analyze: () => ({ use: "0.5" }),
  }),
});

defineAnalyzer({
  ...common,
  sites: ["mlp_post"],
  metrics: { use: "" },
  // @ts-expect-error: the headline names metrics
  headline: ["usage"],
  setup: () => ({ probe: () => ({}), analyze: () => ({}) }),
});

defineAnalyzer({
  ...common,
  options: z.strictObject({ share: z.number() }),
  sites: ["mlp_post"],
  metrics: { use: "" },
  // @ts-expect-error: there is no such option
  setup: ({ chare }) => ({ probe: () => ({}), analyze: () => ({ use: chare }) }),
});

defineSink({
  ...common,
  // @ts-expect-error: a sink must be able to close
  setup: () => ({ open() {}, write() {} }),
});

defineSink({
  ...common,
  setup: () => ({
    open() {},
    write(rows) {
      // @ts-expect-error: rows belong to all sinks, none may change them
      rows[0]!.metrics.extra = 1;
    },
    close() {},
  }),
});

defineCorpus({
  ...common,
  // @ts-expect-error: where the text came from must be said
  load: () => ({ documents: ["text"] }),
});
