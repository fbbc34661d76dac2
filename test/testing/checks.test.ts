import { expect } from "chai";
import { z } from "zod";
import { type AnalyzerInstance, defineAnalyzer, type Probe } from "../../core/contract/analyzer.ts";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { defineSink } from "../../core/contract/sink.ts";
import { checkAnalyzer, checkCorpus, checkSink } from "../../testing/index.ts";
import { rejectedBy } from "../helpers/thrown.ts";

type Instance = AnalyzerInstance<"mlp_post", Probe, "x">;

function analyzer(make: () => Partial<Record<keyof Instance, unknown>>) {
  return defineAnalyzer({
    name: "checked",
    summary: "a test's",
    options: z.strictObject({}),
    sites: ["mlp_post"],
    metrics: { x: "x" },
    setup: () =>
      ({
        probe: ({ mlp_post }: { mlp_post: readonly { sum(): unknown }[] }) => ({ sum: mlp_post[0]!.sum() }),
        analyze: () => ({ x: 1 }),
        ...make(),
      }) as unknown as Instance,
  });
}

interface Sum {
  sum(): { mul(by: number): unknown };
}

describe("checkAnalyzer", () => {
  it("passes an analyzer that keeps to the contract", () => checkAnalyzer(analyzer(() => ({}))));

  it("finds a probe that is not pure", async () => {
    let calls = 0;
    const probe = ({ mlp_post }: { mlp_post: readonly Sum[] }) => ({ sum: mlp_post[0]!.sum().mul(++calls) });
    const error = await rejectedBy(checkAnalyzer(analyzer(() => ({ probe }))));
    expect(error.message).to.include(
      "plugin `checked` breaks the contract: two courses from one seed (is `probe` pure?)",
    );
  });

  it("finds readings of micro-batches that do not come to those of their batch", async () => {
    const error = await rejectedBy(checkAnalyzer(analyzer(() => ({ combine: { sum: "max" } }))));
    expect(error.message).to.match(/probe: sum\[0\] differs between one batch and two micro-batches: [\d.]+ on one/);
    await checkAnalyzer(analyzer(() => ({ combine: { sum: "sum" } })));
  });

  it("finds state without a `save`", async () => {
    const counting = () => {
      let seen = 0;
      return { analyze: () => ({ x: ++seen }) };
    };
    const error = await rejectedBy(checkAnalyzer(analyzer(counting)));
    expect(error.message).to.match(/by a fresh instance \(state without `save`\?\): not the same at \/4\/metrics/);
  });

  for (const [what, chart, problem] of [
    ["a metric that is not declared", { only: ["y"] }, "`only` names no metric: y"],
    ["a mark that does not exist", { spec: { mark: "lines" } }, "there is no mark `lines`"],
    ["a spec that does not compile", { spec: { facet: 3, spec: 4 } }, "cannot be drawn"],
  ] as const) {
    it(`finds a chart with ${what}`, async () => {
      const whole = { id: "a", title: "a", description: "a", data: "scalars", spec: { mark: "line" }, ...chart };
      const plugin = { ...analyzer(() => ({})), charts: [whole as never] };
      expect((await rejectedBy(checkAnalyzer(plugin))).message)
        .to.include(`chart a`)
        .and.to.include(problem);
    });
  }

  it("finds state that does not survive a resume", async () => {
    const forgetful = () => {
      let seen = 0;
      return { analyze: () => ({ x: ++seen }), save: () => ({}), load: () => {} };
    };
    const error = await rejectedBy(checkAnalyzer(analyzer(forgetful)));
    expect(error.message).to.match(/with a save and load in between: not the same at \/4\/metrics\/checked\/x/);
    const faithful = () => {
      let seen = 0;
      return {
        analyze: () => ({ x: ++seen }),
        save: () => ({ seen: { shape: [1], data: Int32Array.of(seen) } }),
        load: (state: { seen: { data: Int32Array } }) => {
          seen = state.seen.data[0]!;
        },
      };
    };
    await checkAnalyzer(analyzer(faithful));
  });

  it("finds a metric that is not declared, and options that take anything", async () => {
    const error = await rejectedBy(checkAnalyzer(analyzer(() => ({ analyze: () => ({ y: 1 }) }))));
    expect(error.message).to.include("`y`: expected one of its declared metrics");
    const loose = { ...analyzer(() => ({})), options: z.object({}) as never };
    expect((await rejectedBy(checkAnalyzer(loose))).message).to.include("use `z.strictObject`");
  });
});

describe("checkSink", () => {
  const sink = (hooks: object) =>
    defineSink({
      name: "checked",
      summary: "a test's",
      options: z.strictObject({}),
      setup: () => ({ open() {}, write() {}, close() {}, ...hooks }),
    });

  it("passes a sink that does nothing", () => checkSink(sink({})));

  it("finds a hook that fails, and rows that are changed", async () => {
    const close = () => Promise.reject(new Error("no luck"));
    expect((await rejectedBy(checkSink(sink({ close })))).message).to.include("close failed: no luck");
    const write = (rows: { metrics: Record<string, number> }[]) => {
      for (const row of rows) row.metrics.extra = 1;
    };
    expect((await rejectedBy(checkSink(sink({ write })))).message).to.include("`write` changed the rows");
  });
});

describe("checkCorpus", () => {
  const corpus = (load: () => object) =>
    defineCorpus({ name: "checked", summary: "a test's", options: z.strictObject({}), load: load as never });

  it("finds documents that come in another order, ids beyond the vocabulary, and nothing at all", async () => {
    let turn = 0;
    const turning = () => ({ documents: turn++ % 2 ? ["a", "b"] : ["b", "a"], source: {} });
    expect((await rejectedBy(checkCorpus(corpus(turning)))).message).to.include("differs at document 0");
    const beyond = () => ({ documents: [Uint16Array.of(1, 9)], d_vocab: 9, source: {} });
    expect((await rejectedBy(checkCorpus(corpus(beyond)))).message).to.include("document 0 has the id 9");
    const empty = () => ({ documents: [""], source: {} });
    expect((await rejectedBy(checkCorpus(corpus(empty)))).message).to.include("it has no text");
  });
});
