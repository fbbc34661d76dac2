import { expect } from "chai";
import type { Arrays } from "../../../core/arrays/ndarray.ts";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../core/arrays/safetensors.ts";
import type { Analyzer } from "../../../core/contract/analyzer.ts";
import { batchUnionSparsity } from "../../../plugins/analyzers/batch-union-sparsity/index.ts";
import { unionReport } from "../../../plugins/analyzers/batch-union-sparsity/report.ts";
import type { Firings } from "../../../plugins/analyzers/counts.ts";
import { layerContrast } from "../../../plugins/analyzers/layer-contrast/index.ts";
import { contrastReport } from "../../../plugins/analyzers/layer-contrast/report.ts";
import { mergeFirings, mergeSums } from "../../../plugins/analyzers/merge.ts";
import { dormancy } from "../../../plugins/analyzers/token-sparsity/dormancy.ts";
import { tokenSparsity } from "../../../plugins/analyzers/token-sparsity/index.ts";
import { tokenReport } from "../../../plugins/analyzers/token-sparsity/report.ts";
import { clusteredFirings, fragmentOf, readingsOf } from "./masks.ts";

const size = { batch: 13, pos: 24, units: 37 };

function shuffled(random: Random, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** The sequences of a batch, shuffled and cut anywhere. */
function cuts(random: Random, batch: number): number[][] {
  const order = shuffled(random, batch);
  const parts: number[][] = [];
  while (order.length > 0) parts.push(order.splice(0, 1 + random.integer(order.length)));
  return parts;
}

/** Layers that differ, their tokens correlated within sequences; frequencies from never to always. */
function layersOf(random: Random): Firings[] {
  return [6, 3, 1].map((power) => clusteredFirings(random, size, (i) => 1.2 * (i / 36) ** power, 0.5));
}

const reports = (layers: readonly Firings[], sums: readonly ArrayLike<number>[]) => ({
  token: layers.map((layer, l) => tokenReport(layer, sums[l]!)),
  union: layers.map(unionReport),
  contrast: contrastReport(layers),
});

describe("mergeFirings", () => {
  it("makes every report the same to the last bit, however sequences are cut and in whatever order they come", () => {
    const random = createRandom(71, "cuts");
    for (let round = 0; round < 40; round++) {
      const layers = layersOf(random);
      const sums = layers.map(({ perUnit }) => perUnit);
      const expected = reports(layers, sums);
      const single = shuffled(random, size.batch).map((b) => [b]);
      for (const parts of [cuts(random, size.batch), single]) {
        const merged = layers.map((layer) => mergeFirings(parts.map((part) => fragmentOf(layer, part))));
        expect(reports(merged, sums)).to.deep.equal(expected);
      }
    }
  });

  it("covers every metric that the analyzers report of one batch", () => {
    const layers = layersOf(createRandom(72, "metrics"));
    const { token, union, contrast } = reports(
      layers,
      layers.map(({ perUnit }) => perUnit),
    );
    const across = (of: Analyzer, but: (metric: string) => boolean) =>
      Object.keys(of.metrics).filter((metric) => !but(metric));
    const gathered = (metric: string) => /_(mean|low|high)(_|$)/.test(metric);
    // What is kept unit by unit is an array, not a number of a report.
    const ofToken = (metric: string) => gathered(metric) || metric.startsWith("unit_");
    expect(Object.keys(token[0]!)).to.have.members(across(tokenSparsity, ofToken));
    expect(Object.keys(union[0]!)).to.have.members(
      across(batchUnionSparsity, (m) => m === "use_batch_independent" || gathered(m)),
    );
    // Means, trends and verdicts are over time; specificity and tokens are of held-out text, always looked at as a whole.
    const other = (metric: string) =>
      gathered(metric) || /^trend_|specificity|^inversion_(cross|pool)|^unit_|^token_/.test(metric);
    expect(Object.keys(contrast)).to.have.members(across(layerContrast, other));
  });

  it("merges in steps as at once, and refuses what cannot be compared", () => {
    const [a, b, c] = layersOf(createRandom(73, "steps"));
    expect(mergeFirings([mergeFirings([a!, b!]), c!])).to.deep.equal(mergeFirings([a!, b!, c!]));
    expect(() => mergeFirings([])).to.throw("mergeFirings: expected at least one fragment, got none.");
    const other = clusteredFirings(createRandom(1, "other"), { ...size, pos: 8 }, () => 0.1);
    expect(() => mergeFirings([a!, other])).to.throw("sequences of 24 tokens and 37 units, got sequences of 8 tokens");
  });
});

describe("mergeSums", () => {
  it("does not depend on the order of fragments, and on where they are cut by rounding alone", () => {
    const random = createRandom(74, "sums");
    const units = 50;
    const values = Array.from({ length: 64 }, () =>
      Array.from({ length: units }, (_, i) => (i < 5 ? 0 : Math.fround(Math.max(0, random.normal()) * 2 ** (i / 8)))),
    );
    const summed = (rows: readonly number[]) =>
      Float32Array.from({ length: units }, (_, i) => rows.reduce((sum, row) => Math.fround(sum + values[row]![i]!), 0));
    const exact = Array.from({ length: units }, (_, i) => values.reduce((sum, row) => sum + row[i]!, 0));
    for (let round = 0; round < 30; round++) {
      const fragments = cuts(random, 64).map(summed);
      const merged = mergeSums(fragments);
      const reordered = shuffled(random, fragments.length).map((k) => fragments[k]!);
      expect(mergeSums(reordered)).to.deep.equal(merged);
      for (let i = 0; i < units; i++)
        expect(merged[i]! / (exact[i]! || 1)).to.be.closeTo(exact[i]! === 0 ? 0 : 1, 1e-6);
      expect(dormancy(merged)).to.deep.equal(dormancy(exact));
    }
  });
});

describe("what analyzers remember between batches", () => {
  for (const [plugin, options] of [
    [tokenSparsity, {}],
    [batchUnionSparsity, { window: 3 }],
    [layerContrast, { trend_every: 40 }],
  ] as const) {
    it(`${plugin.name} reports the same with a save and load after any of its analyses`, () => {
      const whole = course(plugin, options, () => false);
      expect(whole.length).to.equal(140);
      expect(course(plugin, options, () => true)).to.deep.equal(whole);
      expect(course(plugin, options, (step) => step === 67)).to.deep.equal(whole);
    });
  }
});

/** Values and events of 140 analyses of layers that drift apart; saved and loaded after each step that `breaks` names. */
function course(plugin: Analyzer, options: object, breaks: (step: number) => boolean): unknown[] {
  const random = createRandom(75, "course");
  const run = { warmupSteps: 2, seed: 1, batchSize: 3, model: { n_ctx: 4 } } as never;
  const parsed = plugin.options.parse(options) as never;
  let instance = plugin.setup(parsed, run);
  const seen: unknown[] = [];
  for (let step = 1; step <= 140; step++) {
    const layers = [1, -1].map((way) =>
      clusteredFirings(random, { batch: 3, pos: 4, units: 9 }, (i) => 0.1 + 0.03 * i + (way * step) / 2000),
    );
    const readings = readingsOf(layers);
    const events: unknown[] = [];
    const event = (kind: string, data: object) => events.push([kind, data]);
    const values = instance.analyze(readings as never, {
      step,
      tokens: 12 * step,
      time: 0,
      lr: 1e-3,
      applied: true,
      shrink: 1,
      event,
    });
    seen.push({ values, events });
    if (!breaks(step)) continue;
    const state: Arrays = instance.save?.() ?? {};
    instance = plugin.setup(parsed, run);
    instance.load?.(decodeSafetensors(encodeSafetensors(state), "state").arrays);
  }
  return seen;
}
