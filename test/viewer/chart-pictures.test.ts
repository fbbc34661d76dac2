import { rmSync } from "node:fs";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { expect } from "chai";
import type { DeclaredChart } from "../../core/contract/chart.ts";
import { parallel, strip } from "../../viewer/charts/across.ts";
import { logTicks, roundAmong } from "../../viewer/charts/nice-ticks.ts";
import { dressed } from "../../viewer/charts/spec.ts";
import { chartPictures } from "../../viewer/report/chart-pictures.ts";
import { toSvg } from "../../viewer/report/svg.ts";
import { readCharts } from "../../viewer/tables.ts";
import { pageBuilt } from "../helpers/page.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";

describe("chartPictures", () => {
  const temp = useTempDir();
  before(pageBuilt);
  const charts = (dir: string) => readCharts(dir).charts;

  it("draws charts of a run that still trains, one PNG each, of the size that it says", async () => {
    const dir = writeSyntheticRun(temp(), { id: "a", rows: 60 });
    const drawn = await chartPictures(dir, charts(dir), temp());
    expect(drawn.map(({ chart }) => chart.id)).to.deep.equal(charts(dir).map(({ id }) => id));
    for (const one of drawn) {
      if ("problem" in one) throw new Error(`${one.chart.id}: ${one.problem}`);
      const bytes = Buffer.from(one.png);
      expect(bytes.subarray(1, 4).toString()).to.equal("PNG");
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).to.deep.equal([one.width, one.height]);
      expect(one.width).to.be.within(500, 2200);
    }
  });

  it("says which chart cannot be drawn, leaves out those without data, and draws the others", async () => {
    const dir = writeSyntheticRun(temp(), { id: "a", rows: 30, outcome: "finished" });
    const good = charts(dir).find(({ data }) => data === "arrays")!;
    const change = (id: string, spec: object): DeclaredChart => ({ ...good, id, spec: spec as DeclaredChart["spec"] });
    const wanted = [
      change("no-mark", { mark: { type: "no such mark" } }),
      change("huge", { mark: "point", height: 1e6, encoding: { y: { field: "value", type: "quantitative" } } }),
      change("null", null as never),
      change("multiplies", { transform: [{ density: "value", groupby: ["value"], steps: 10_000 }], mark: "line" }),
      { ...good, id: "empty", section: "nobody" },
      { ...good, title: "<b>&\u0000 ".repeat(500) },
    ];
    const drawn = await chartPictures(dir, wanted, temp());
    expect(drawn.map((one) => [one.chart.id, "problem" in one])).to.deep.equal([
      ["no-mark", true],
      ["huge", true],
      ["null", true],
      ["multiplies", true],
      [good.id, false],
    ]);
  });

  it("stops at what would multiply what is on record, before it is made, and says by which transform", async () => {
    const records = Array.from({ length: 20_000 }, (_, i) => ({ step: i, value: Math.sin(i), unit: i % 5000 }));
    const encoding = {
      x: { field: "step", type: "quantitative" },
      y: { field: "value", type: "quantitative" },
    } as const;
    const list = { calculate: "[1,2,3,4,5,6,7,8,9,10]" };
    const refused = {
      impute: [{ impute: "value", key: "step", groupby: ["value"] }],
      kde: [{ density: "value", groupby: ["unit"] }],
      quantile: [{ quantile: "value", step: 1e-8 }],
      fold: [{ fold: Array.from({ length: 100 }, (_, i) => `f${i}`) }],
      flatten: [{ ...list, as: "l" }, { flatten: ["l"] }, { ...list, as: "m" }, { flatten: ["m"] }],
      pivot: [{ pivot: "value", value: "step", groupby: ["step"] }],
      loess: [{ loess: "value", on: "step" }],
      regression: [{ regression: "value", on: "step", method: "poly", order: 3000 }],
      bin: [{ bin: { step: 1e-8 }, field: "value", as: "b" }],
    };
    const drawn = (spec: object) =>
      toSvg({ data: { name: "table" }, mark: "point", encoding, ...spec }, records).then(
        () => "drawn",
        (thrown: Error) => thrown.message,
      );
    for (const [name, transform] of Object.entries(refused))
      expect(await drawn({ transform }), name).to.match(
        new RegExp(`^\\\`${name}\\\` would make [\\d,]{7,} \\w+ of [\\d,]+ rows; the most is [\\d,]+$`),
      );
    const row = { field: "step", type: "nominal" };
    expect(await drawn({ encoding: { ...encoding, row } })).to.include("would make 20,000 panels");
    expect(await drawn({ mark: "line", encoding: { ...encoding, detail: { ...row, field: "unit" } } })).to.include(
      "`facet` would make 5,000 panels or lines",
    );
    const few = [{ impute: "value", key: "unit", keyvals: [1, 2] }, { filter: "datum.unit < 3" }];
    expect(await drawn({ transform: few })).to.equal("drawn");
  });

  it("says that it needs the rows that the sink json writes", async () => {
    const dir = writeSyntheticRun(temp(), { id: "a", rows: 30 });
    rmSync(join(dir, "rows.jsonl"));
    const error = await rejectedBy(chartPictures(dir, charts(dir), temp()));
    expect([error.code, error.message]).to.deep.equal([
      "usage",
      "pictures of charts: need rows.jsonl. Add the sink `json` to the config.",
    ]);
  });
});

describe("ticks", () => {
  it("are 1, 2 and 5 times powers of ten, powers of another base, and never more than there is room for", () => {
    expect(logTicks(0.9, 60, 10, 8)).to.deep.equal([1, 2, 5, 10, 20, 50]);
    expect(logTicks(1e-4, 1, 10, 8)).to.deep.equal([1e-4, 1e-3, 0.01, 0.1, 1]);
    expect(logTicks(1, 1e12, 10, 5)).to.deep.equal([1, 1e3, 1e6, 1e9, 1e12]);
    expect(logTicks(300, 450, 10, 6), "within a decade").to.deep.equal([300, 350, 400, 450]);
    expect(logTicks(1, 7.5, 2, 8)).to.deep.equal([1, 2, 4]);
    expect(logTicks(1, 2 ** 20, 2, 6)).to.deep.equal([1, 2 ** 4, 2 ** 8, 2 ** 12, 2 ** 16, 2 ** 20]);
    const steps = [1, ...Array.from({ length: 200 }, (_, i) => 5 * (i + 1))];
    expect(roundAmong(steps, 6)).to.deep.equal([200, 400, 600, 800, 1000]);
  });
});

describe("a drawn chart", () => {
  before(pageBuilt);
  const size = { theme: "light", axis: "step", log: false, width: 600, height: 240, layers: 1, panels: 1 } as const;
  const draw = (spec: Record<string, unknown>, records: readonly object[]) => toSvg(dressed(spec, size), records);
  const labels = (svg: string, axis: "x" | "y") =>
    [...svg.matchAll(/<g [^>]*role-axis-label[^>]*>(.*?)<\/g>/g)][axis === "x" ? 0 : 1]![1]!.match(
      /(?<=>)[^<]+(?=<\/text>)/g,
    );
  const quantitative = (field: string, scale = {}) => ({ field, type: "quantitative", scale });

  it("has round ticks on every axis, each written by itself", async () => {
    const windows = [1, 2, 3, 4, 5.5, 6.5, 7.5].map((value, i) => ({ windows: value, value: 10 ** -i, step: 40 * i }));
    const y = quantitative("value", { type: "log" });
    const x = quantitative("windows", { type: "log", base: 2, nice: false });
    const powers = await draw({ mark: "line", encoding: { x, y } }, windows);
    expect(labels(powers, "x")).to.deep.equal(["1", "2", "4"]);
    expect(
      labels(powers, "y")?.every((label) => /^(0\.0*)?10*$/.test(label)),
      `${labels(powers, "y")}`,
    ).to.equal(true);
    const linear = await draw(
      { mark: "line", encoding: { x: quantitative("step"), y } },
      windows.map((one) => ({ ...one, step: 5 * one.step })),
    );
    expect(labels(linear, "x")).to.deep.equal(["0", "200", "400", "600", "800", "1k", "1.2k"]);
    const narrow = { ...size, width: 200 };
    const tight = await toSvg(
      dressed({ mark: "line", encoding: { x: quantitative("at"), y: quantitative("share") } }, narrow),
      Array.from({ length: 10 }, (_, i) => ({ at: 60 + 20 * i, share: 0.74 + 0.03 * i })),
    );
    expect(labels(tight, "x"), "not 60, 100, 140").to.deep.equal(["100", "150", "200"]);
    expect(
      labels(tight, "y")?.every((label) => /^(0|0\.[0-9]|1)$/.test(label)),
      `${labels(tight, "y")}`,
    ).to.equal(true);
    const few = await draw({ mark: "line", encoding: { x: quantitative("step"), y } }, [
      { step: 1, value: 1 },
      { step: 3, value: 10 },
    ]);
    expect(labels(few, "x"), "steps are whole").to.deep.equal(["1", "2", "3"]);
  });

  it("names each of many groups, and each of many axes, with what tells them apart", async () => {
    const groups = [1, 2, 4].flatMap((scale) => [1, 2, 3, 4, 5].map((lr) => `init_scale ${scale} · lr 0.00${lr}`));
    const colours = { groups, colours: groups.map(() => "#000000") };
    const values = { "model.init_scale": 1, "train.lr": 1e-3, "train.weight_decay": 0.1, seed: 1, "eval/loss": 3 };
    const points = groups.map((group, i) => ({ run: `${i}`, group, values: { ...values, "eval/loss": i } }));
    const byGroup = strip(points, "eval/loss", colours);
    const svg = await draw(byGroup.spec, byGroup.records);
    expect(labels(svg, "y")).to.deep.equal(groups.map((group) => group.replace("init_scale ", "").replace("lr ", "")));
    expect(svg).to.contain(">init_scale · lr<");
    const axes = parallel(points, Object.keys(values), colours);
    const narrow = await toSvg(dressed(axes.spec, { ...size, width: 320 }), axes.records);
    for (const name of Object.keys(values)) expect(narrow).to.contain(`>${name}<`);
  });

  it("leaves out a part without values and says so", async () => {
    const part = (kind: string, title: string) => ({
      transform: [{ filter: `datum.kind == '${kind}'` }],
      mark: "rect",
      encoding: {
        x: { field: "step", type: "ordinal" },
        y: { aggregate: "count", type: "quantitative", title },
      },
    });
    const spec = { vconcat: [part("death", "deaths"), part("spike", "spikes")] };
    const both = [
      { kind: "death", step: 1 },
      { kind: "spike", step: 2 },
    ];
    const words = "Without values, so not drawn: deaths.";
    expect(await draw(spec, both)).not.to.contain(words);
    const rest = await draw(spec, both.slice(1));
    expect(rest).to.contain(words).and.contain(">spikes<").and.not.contain(">deaths<");
  });

  it("has no seams between the cells of a heat map", async () => {
    const cells = Array.from({ length: 37 * 23 }, (_, i) => ({ step: i % 37, unit: Math.floor(i / 37), value: 1 }));
    const encoding = {
      x: { field: "step", type: "ordinal", axis: null },
      y: { field: "unit", type: "ordinal", axis: null },
      color: { value: "#000000" },
    };
    const svg = await draw({ mark: "rect", encoding, height: 100 }, cells);
    const { width, pixels } = new Resvg(svg, { background: "#ffffff" }).render();
    const inner = (i: number) => i % width > 20 && i % width < 580 && i > 20 * width && i < 80 * width;
    const lightest = Math.max(...pixels.filter((_, at) => at % 4 === 0 && inner(at >> 2)));
    expect(lightest, "white that shines through black").to.equal(0);
  });
});
