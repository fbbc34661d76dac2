import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { DeclaredChart } from "../../core/contract/chart.ts";
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
