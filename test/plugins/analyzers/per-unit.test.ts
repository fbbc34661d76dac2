/** What analyzers record of each unit with option `per_unit`, against the weights, gradients and firings that they are of. */
import { expect } from "chai";
import { z } from "zod";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { loadCheckpoint } from "../../../core/checkpoint/checkpoint.ts";
import { latestCheckpoint } from "../../../core/checkpoint/folder.ts";
import { defineAnalyzer, defineFrozenProbe } from "../../../core/contract/analyzer.ts";
import type { Row } from "../../../core/contract/sink.ts";
import { readVocabulary } from "../../../core/record/vocabulary.ts";
import { tokensTold } from "../../../plugins/analyzers/layer-contrast/unit-tokens.ts";
import { createMemorySink } from "../../../plugins/sinks/memory.ts";
import { shareAtLeast } from "../../../statistics/proportion.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { onlyRun, tinyConfig, trainTiny } from "../../helpers/tiny.ts";

const { d_model, d_mlp } = tinyConfig.model;
const steps = 6;
/** Units whose tokens are told. */
const told = 40;

/** Keeps what fires at every position of the text that layer-contrast looks at. */
function witness() {
  const seen = { tokens: [] as number[], pre: [] as NDArray[] };
  const plugin = defineAnalyzer({
    name: "witness",
    summary: "",
    options: z.strictObject({}),
    sites: ["mlp_pre"],
    metrics: { none: "" },
    setup: () => ({
      probe: () => ({}),
      analyze: () => ({}),
      frozen: defineFrozenProbe({
        every: 1,
        sequences: 4,
        sites: ["mlp_pre"],
        probe: ({ mlp_pre }, { tf, tokens }) => ({ pre: mlp_pre.map((x) => tf.clone(x)), tokens: tf.clone(tokens) }),
        analyze: ({ pre, tokens }) => {
          seen.tokens = Array.from(tokens.data);
          seen.pre = [...pre];
          return {};
        },
      }),
    }),
  });
  return { plugin, seen };
}

describe("what is recorded of each unit", function () {
  this.timeout(60_000);
  const { plugin, seen } = witness();
  let last: Row;
  let dir: string;
  let state: Readonly<Record<string, NDArray>>;
  const recorded = (metric: string, layer: number) => last.arrays[`${metric}/layer_${layer}`]!;

  before(async () => {
    const { sink, memory } = createMemorySink();
    const folder = tempFolder();
    const changes = {
      // Without momentum, decay and clipping the optimizer's running sum of gradients is the step's gradient.
      train: {
        ...{ ...tinyConfig.train, steps, warmup_steps: 1, lr: 0.5, weight_decay: 0, grad_clip: 0, accumulate: 2 },
        optimizer: { sgd: { momentum: 0 } },
      },
      analyzers: {
        "token-sparsity": { per_unit: true },
        "neuron-death": { per_unit: true, frozen_every: 2, window_tokens: 64, frozen_sequences: 4 },
        "layer-contrast": { per_unit: true, specificity_every: 2, specificity_tokens: 64, specificity_units: told },
        witness: {},
      },
      sinks: { memory: {}, json: {} },
    };
    await trainTiny(folder, { changes, sinks: [sink], analyzers: [plugin] });
    last = memory.rows.at(-1)!;
    dir = onlyRun(folder);
    state = loadCheckpoint(latestCheckpoint(dir).latest!.path).state;
  });
  after(removeTempFolders);

  it("is the firing threshold of its weights as they are after the step", () => {
    for (const layer of [0, 1]) {
      const block = `blocks.${layer}`;
      const of = (name: string) => state[`${block}.${name}`]!.data;
      const [weights, bias, gain, shift] = [of("mlp.W_in"), of("mlp.b_in"), of("ln2.w"), of("ln2.b")];
      const { shape, data } = recorded("neuron_death/unit_threshold", layer);
      expect(shape).to.deep.equal([d_mlp]);
      for (let i = 0; i < d_mlp; i++) {
        const own = Array.from({ length: d_model }, (_, j) => weights[j * d_mlp + i]!);
        const scaled = own.map((w, j) => gain[j]! * w);
        const mean = scaled.reduce((sum, w) => sum + w) / d_model;
        const reach = Math.sqrt(d_model) * Math.hypot(...scaled.map((w) => w - mean));
        const offset = own.reduce((sum, w, j) => sum + w * shift[j]!, bias[i]!);
        expect(data[i]).to.be.closeTo(-offset / reach, 1e-5);
      }
    }
  });

  it("is the norm of the gradient that its weights got, 0 where nothing in the batch fired it", () => {
    for (const layer of [0, 1]) {
      const gradient = state[`sgd.b/blocks.${layer}.mlp.W_in`]!.data;
      const { data } = recorded("neuron_death/unit_gradient", layer);
      const frequency = recorded("token_sparsity/unit_frequency", layer).data;
      for (let i = 0; i < d_mlp; i++) {
        const norm = Math.hypot(...Array.from({ length: d_model }, (_, j) => gradient[j * d_mlp + i]!));
        expect(data[i]).to.be.closeTo(norm, 1e-5 * norm);
        expect(data[i] === 0).to.equal(frequency[i] === 0);
      }
    }
  });

  it("is the largest pre-activation on the frozen text", () => {
    for (const layer of [0, 1]) {
      const { data } = recorded("neuron_death/unit_margin", layer);
      const pre = seen.pre[layer]!.data;
      for (let i = 0; i < d_mlp; i++)
        expect(data[i]).to.equal(Math.max(...seen.tokens.map((_, t) => pre[t * d_mlp + i]!)));
    }
  });

  it("is the tokens at which it fires, as counted one by one, the surest first", () => {
    const occurs = (token: number) => seen.tokens.filter((one) => one === token).length;
    const types = [...new Set(seen.tokens)].length;
    for (const layer of [0, 1]) {
      const of = (metric: string) => recorded(`layer_contrast/${metric}`, layer);
      const fires = (t: number, i: number) => seen.pre[layer]!.data[t * d_mlp + i]! > 0;
      expect(of("unit_tokens").shape).to.deep.equal([tokensTold, d_mlp]);
      const frequency = Array.from(of("unit_text_frequency").data);
      const looked = frequency.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
      expect(looked).to.have.length(told);
      expect(looked.at(-1), "units of all places").to.be.at.least(told);
      for (let i = 0; i < d_mlp; i++) {
        if (!looked.includes(i)) {
          expect(of("unit_specificity").data[i]).to.be.NaN;
          const told = Array.from({ length: tokensTold }, (_, rank) => of("unit_tokens").data[rank * d_mlp + i]);
          expect(new Set(told)).to.deep.equal(new Set([-1]));
          continue;
        }
        const counts = new Map<number, number>();
        for (const [t, token] of seen.tokens.entries()) {
          if (fires(t, i)) counts.set(token, (counts.get(token) ?? 0) + 1);
        }
        const sure = [...counts].map(([token, k]) => ({ token, low: shareAtLeast(k, occurs(token), 0.05 / types) }));
        const best = sure.map(({ low }) => low).sort((a, b) => b - a);
        for (let rank = 0; rank < tokensTold; rank++) {
          const [token, share, low, occurrences] = [
            "unit_tokens",
            "token_share",
            "token_share_low",
            "token_occurrences",
          ].map((metric) => of(metric).data[rank * d_mlp + i]!) as [number, number, number, number];
          if (rank >= best.length) {
            expect([token, share, low, occurrences]).to.deep.equal([-1, Number.NaN, Number.NaN, Number.NaN]);
            continue;
          }
          expect(low).to.be.closeTo(best[rank]!, 1e-6);
          expect(low).to.be.closeTo(sure.find((one) => one.token === token)!.low, 1e-6);
          expect(occurrences).to.equal(occurs(token));
          expect(share).to.equal(Math.fround(counts.get(token)! / occurs(token)));
        }
        const all = seen.tokens.filter((_, t) => fires(t, i)).length;
        expect(frequency[i]).to.equal(Math.fround(all / seen.tokens.length));
      }
    }
  });

  it("has what token ids stand for beside it", () => {
    const bytes = readVocabulary(dir);
    expect([bytes.length, bytes[0x65], bytes[0xe2]]).to.deep.equal([256, "e", [0xe2]]);
  });
});

describe("shareAtLeast", () => {
  it("is the share at which as many successes or more have the given chance", () => {
    const tail = (k: number, n: number, p: number) => {
      let [term, sum] = [(1 - p) ** n, 0];
      for (let j = 0; j <= n; j++) {
        if (j >= k) sum += term;
        term *= (((n - j) / (j + 1)) * p) / (1 - p);
      }
      return sum;
    };
    for (const [k, n] of [
      [1, 1],
      [1, 9],
      [5, 9],
      [9, 9],
      [30, 200],
    ] as const)
      expect(tail(k, n, shareAtLeast(k, n, 0.01))).to.be.closeTo(0.01, 1e-9);
    expect(shareAtLeast(0, 5, 0.01)).to.equal(0);
  });
});
