import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { DeclaredChart } from "../../../../core/contract/chart.ts";
import type { DrawnChart, SinkHost } from "../../../../core/contract/sink.ts";
import { noRowsToDraw } from "../../../../core/errors/errors.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { type TestHost, testHost } from "../../../helpers/sink-host.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { readHistory, readLog } from "../../../helpers/wandb-reader.ts";
import { expectedRows, historyOf, uploadOnce } from "../../../helpers/wandb-run.ts";

const id = "20260102-030405-abcd";
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
const heat: DeclaredChart = {
  section: "s",
  id: "heat-map",
  title: "Heat",
  description: "",
  data: "arrays",
  spec: { mark: "rect" },
};
const line: DeclaredChart = {
  ...heat,
  id: "line",
  data: "scalars",
  only: ["loss"],
  spec: { mark: "line", encoding: { x: { field: "tokens" }, y: { field: "value" } } },
};
const picture = (chart: DeclaredChart): DrawnChart => ({ chart, png, width: 30, height: 20 });

describe("createWandbSink, charts that no preset holds", () => {
  const dir = useTempDir();
  const logOf = () => readPointer(dir())?.log ?? "";

  /** Trains five steps offline; what was asked to be drawn is in `asked`. */
  async function trained(
    charts: readonly DeclaredChart[],
    draw?: (chart: DeclaredChart) => readonly DrawnChart[],
    options: Parameters<typeof optionsSchema.parse>[0] & object = {},
  ): Promise<TestHost & { readonly asked: readonly string[] }> {
    const asked: string[] = [];
    const drawCharts: SinkHost["drawCharts"] = async (wanted) => {
      asked.push(...wanted.map((chart) => chart?.id));
      return wanted.flatMap(draw ?? ((chart) => picture(chart)));
    };
    const host = testHost(draw === undefined ? {} : { drawCharts });
    const parsed = optionsSchema.parse({ mode: "offline", ...options });
    const around = { env: {}, cwd: dir(), home: dir(), readText: () => undefined };
    const sink = createWandbSink(parsed, resolveSettings(parsed, around), host);
    await sink.open(testRun(dir(), { charts }));
    const more = charts.filter((chart) => Object.hasOwn(chart, "only") && chart.only?.includes("x"));
    for (let step = 1; step <= 5; step++) {
      const row = testRow(step);
      const values = Object.fromEntries(more.map(({ section }) => [`${section}/x`, step]));
      await sink.write([{ ...row, metrics: { ...row.metrics, ...values } }]);
    }
    await sink.close({ state: "finished", step: 5, tokens: 80, time: runStart + 7500 });
    return { ...host, asked };
  }
  const files = () => readLog(logOf()).flatMap(({ files }) => files?.files ?? []);
  const values = () =>
    readLog(logOf())
      .flatMap(({ summary }) => summary?.update ?? [])
      .filter(({ value_json }) => value_json.startsWith('{"_type":"image-file"'))
      .map(({ nested_key, value_json }) => [nested_key, JSON.parse(value_json)] as const);

  it("are pictures in the summary and among the files, and no row", async () => {
    const { asked, warned } = await trained([heat], (chart) => [picture(chart)]);
    expect([asked, warned]).to.deep.equal([["heat-map"], []]);
    const [value] = values();
    expect(value?.[0]).to.deep.equal(["charts/s/heat-map"]);
    expect(value?.[1]).to.include({ _type: "image-file", format: "png", width: 30, height: 20, size: 7 });
    const { path, sha256 } = value![1] as { path: string; sha256: string };
    expect(path).to.equal(`media/images/charts/s/heat-map_${sha256.slice(0, 20)}.png`);
    expect(readFileSync(join(dirname(logOf()), "files", path))).to.deep.equal(Buffer.from(png));
    expect(files()).to.deep.equal([{ path, policy: 1, type: 2 }]);
    expect(readHistory(logOf())).to.deep.equal(expectedRows(5));
    expect(readLog(logOf()).at(-1)?.record_type).to.equal("exit");
  });

  it("reach the server with the run", async () => {
    await trained([heat], (chart) => [picture(chart)]);
    const server = new FakeWandb();
    await uploadOnce(logOf(), server.transport({ time: 0 }));
    const run = server.run(id);
    const summary = JSON.parse(run.summary) as Record<string, { path: string }>;
    const { path } = summary["charts/s/heat-map"]!;
    expect([...run.uploaded]).to.deep.equal([path]);
    expect(run.files.get(path)).to.equal(Buffer.from(png).toString("utf8"));
    expect(historyOf(server, id)).to.deep.equal(expectedRows(5));
  });

  it("stay when a later process goes on with the log, until it draws them anew", async () => {
    await trained([heat], (chart) => [picture(chart)]);
    const parsed = optionsSchema.parse({ mode: "offline" });
    const around = { env: {}, cwd: dir(), home: dir(), readText: () => undefined };
    const sink = createWandbSink(parsed, resolveSettings(parsed, around), testHost());
    await sink.open(testRun(dir(), { charts: [heat], resumedFrom: 3 }));
    expect(values()).to.have.length(1);
    expect(readHistory(logOf())).to.deep.equal(expectedRows(3));
  });

  it("are the only ones drawn, and none where `charts` is off", async () => {
    expect((await trained([line, heat], (chart) => [picture(chart)])).asked).to.deep.equal(["heat-map"]);
    expect((await trained([heat], () => [], { charts: false })).asked).to.deep.equal([]);
  });

  it("that fail are named in a warning, and the others are there", async () => {
    const thrower = { ...heat, id: "thrower" };
    Object.defineProperty(thrower, "spec", {
      get: () => {
        throw new Error("no spec");
      },
    });
    const charts = [{ ...heat, id: "bad" }, thrower, { ...heat, id: "none", spec: null as never }, heat];
    const { warned, asked } = await trained(charts, (chart) =>
      chart.id === "bad" ? [{ chart, problem: "it has no mark" }] : [picture(chart)],
    );
    expect(asked).to.deep.equal(["bad", "heat-map"]);
    expect(warned[0]).to.equal("W&B: chart s/thrower is left out: no spec");
    expect(warned[1]).to.match(/^W&B: chart s\/none is left out: /);
    expect(warned[2]).to.equal("W&B: chart s/bad is left out: it has no mark");
    expect(warned).to.have.length(3);
    expect(values().map(([key]) => key)).to.deep.equal([["charts/s/heat-map"]]);
  });

  it("are left out with one line where nothing can be drawn, and without one where nothing is there to draw", async () => {
    const { said, warned } = await trained([heat, { ...heat, id: "b" }], () => {
      throw noRowsToDraw();
    });
    const told = said.filter((text) => text.includes("charts"));
    expect(told).to.deep.equal([
      "W&B: charts beyond its presets are left out: pictures of charts: need rows.jsonl. Add the sink `json` to the config.",
    ]);
    expect(warned).to.deep.equal([]);
    expect(readLog(logOf()).at(-1)?.exit).to.deep.equal({ runtime: 7 });
    const silent = await trained([heat]);
    expect(silent.said.concat(silent.warned).join()).to.not.include("charts");
  });

  it("keep inside the log's folder and to lengths that disks take, whatever they are called", async () => {
    const hostile = [
      "../../../outside",
      "..",
      "/etc/passwd",
      "a\u0000b",
      "x".repeat(5000),
      "",
      "con\\..\\x",
      "__proto__",
    ];
    const charts = hostile.flatMap((name) => [
      { ...heat, section: name, id: name },
      { ...line, section: name, id: `${name}2`, only: ["x"] },
    ]);
    const { warned } = await trained(charts, (chart) => [picture(chart)]);
    expect(warned).to.deep.equal([]);
    const paths = files().map(({ path }) => path);
    expect(new Set(paths).size).to.equal(2 * hostile.length);
    for (const path of paths) {
      expect(path).to.match(/^media\/(images\/charts|table)\/[\w-]{1,80}\/[\w-]{1,120}\.(png|table\.json)$/);
      expect(statSync(join(dirname(logOf()), "files", path)).isFile()).to.equal(true);
    }
    expect(new Set(values().map(([key]) => String(key))).size).to.equal(hostile.length);
  });
});
