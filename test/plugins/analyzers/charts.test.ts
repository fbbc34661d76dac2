import { expect } from "chai";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Analyzer } from "../../../core/contract/analyzer.ts";
import type { Chart } from "../../../core/contract/chart.ts";
import type { Row, RunEvent } from "../../../core/contract/sink.ts";
import { sectionOf } from "../../../core/host/metrics.ts";
import { createSpikeLog } from "../../../plugins/analyzers/neuron-death/spikes.ts";
import { builtIns } from "../../../plugins/index.ts";
import { createMemorySink, type Memory } from "../../../plugins/sinks/memory.ts";
import { parseKey } from "../../../viewer/charts/metric-key.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { tinyConfig, trainTiny } from "../../helpers/tiny.ts";

/** The analyzers with charts, watching a run in which units die and come back. */
const options = {
  "token-sparsity": { every: 2, per_unit: true },
  "batch-union-sparsity": { every: 2 },
  "layer-contrast": { every: 1, trend_every: 8, specificity_every: 4, per_unit: true },
  "neuron-death": { window_tokens: 32, start_tokens: 0, frozen_every: 2, revival_share: 0.99, per_unit: true },
};

describe("the analyzers' charts", function () {
  this.timeout(120_000);
  after(removeTempFolders);
  const { sink, memory } = createMemorySink();
  const analyzers: Analyzer[] = [];

  before(async () => {
    for (const name of Object.keys(options)) analyzers.push(await builtIns.analyzer[name]!());
    const train = { ...tinyConfig.train, steps: 40, lr: 0.03, batch_size: 8 };
    const changes = { train, analyzers: options, sinks: { memory: {} }, eval: { every: 0, windows: 2 } };
    await trainTiny(tempFolder(), { changes, sinks: [sink] });
    // So short a run has no spikes of its own.
    const log = createSpikeLog();
    for (let step = 1; step <= 60; step++) log.add(step, step === 55 ? 9 : 2 + (step % 3) / 10, 1);
    const at = { step: 60, tokens: 0, time: 0, source: "neuron_death", kind: "spike" };
    const spikes = log.fresh().map((spike): RunEvent => ({ ...at, data: { ...spike } }));
    expect(spikes.map(({ data }) => data)).to.deep.equal([{ of: "loss", spike_step: 55, value: 9 }]);
    expect(log.fresh()).to.be.empty;
    (memory.events as RunEvent[]).push(...spikes);
  });

  it("draw something from what a run reports, without a warning from Vega-Lite", async () => {
    for (const { name, charts = [] } of analyzers) {
      expect(charts, name).not.to.be.empty;
      for (const chart of charts) {
        const records = recordsFor(chart, sectionOf(name), memory);
        expect(records, `${name}/${chart.id} has data`).not.to.be.empty;
        const warnings: string[] = [];
        const logger = vega.logger(vega.None);
        logger.warn = (...text) => {
          warnings.push(text.join(" "));
          return logger;
        };
        const spec = { ...chart.spec, data: { values: records } } as unknown as TopLevelSpec;
        const view = new vega.View(vega.parse(compile(spec, { logger: logger as never }).spec), { renderer: "none" });
        const svg = await view.runAsync().then(() => view.toSVG());
        view.finalize();
        expect(warnings, `${name}/${chart.id}`).to.deep.equal([]);
        expect(svg, `${name}/${chart.id}`).to.match(/class="mark-(line|area|rect|symbol|trail|rule)[^>]*>\s*<path/);
        expect(svg, `${name}/${chart.id}`).not.to.include("NaN");
      }
    }
  });

  it("name metrics and events that there are", () => {
    for (const { name, metrics, charts = [] } of analyzers) {
      for (const { id, only = [], data } of charts) {
        const known = data === "events" ? memory.events.map(({ kind }) => kind) : Object.keys(metrics);
        expect(known, `${name}/${id}`).to.include.members([...only]);
      }
    }
  });

  it("stand beside metrics that are all declared, documented and reported", () => {
    const keys = new Set(memory.rows.flatMap((row) => [...Object.keys(row.metrics), ...Object.keys(row.arrays)]));
    for (const { name, metrics } of analyzers) {
      const reported = [...keys].map(parseKey).filter(({ section }) => section === sectionOf(name));
      expect([...new Set(reported.map(({ metric }) => metric))]).to.have.members(Object.keys(metrics));
      for (const [metric, about] of Object.entries(metrics)) expect(about.length, `${name}/${metric}`).to.be.above(20);
    }
  });
});

/** The table that a chart asks for, as `Chart` in core/contract/chart.ts says. */
function recordsFor(chart: Chart, section: string, { rows, events }: Memory): object[] {
  const wanted = (metric: string) => chart.only === undefined || chart.only.includes(metric);
  if (chart.data === "events") {
    return events
      .filter(({ source, kind }: RunEvent) => source === section && wanted(kind))
      .map(({ step, tokens, kind, data }) => ({ run: "run", step, tokens, kind, ...data }));
  }
  const entriesOf = ({ metrics, arrays }: Row) => Object.entries<unknown>(chart.data === "scalars" ? metrics : arrays);
  const all = rows.flatMap((row) =>
    entriesOf(row).flatMap(([key, content]) => {
      const parsed = parseKey(key);
      if (parsed.section !== section || !wanted(parsed.metric)) return [];
      const { metric, layer } = parsed;
      return [{ run: "run", step: row.step, tokens: row.tokens, time: row.time, metric, layer, content }];
    }),
  );
  const steps = all.map(({ step }) => step);
  const shown = { all: steps, "first-and-last": [Math.min(...steps), Math.max(...steps)], last: [Math.max(...steps)] };
  return all
    .filter(({ step }) => shown[chart.steps ?? "all"].includes(step))
    .flatMap(({ content, ...record }): object[] => {
      if (typeof content === "number") return Number.isFinite(content) ? [{ ...record, value: content }] : [];
      const { shape, data } = content as Row["arrays"][string];
      const width = shape.at(-1) ?? 1;
      return Array.from(data, (value, i) => {
        const row = shape.length > 1 ? Math.floor(i / width) : null;
        return { ...record, row, index: i % width, value: Number.isFinite(value) ? value : null };
      });
    });
}
