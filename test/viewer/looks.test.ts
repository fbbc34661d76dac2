import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { expect } from "chai";
import type { CDPSession, Page } from "playwright-core";
import { writeReport } from "../../viewer/report/report.ts";
import { keepWords, wordsOf } from "../helpers/canvas-words.ts";
import { drawn } from "../helpers/drawn.ts";
import { useStage } from "../helpers/page.ts";
import { damage, writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

/** A page that axe has been put into. */
async function withAxe(page: Page): Promise<CDPSession> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // The page's own policy forbids this script; the browser's debugger may run it all the same.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: source });
  return session;
}

async function serious(session: CDPSession): Promise<string[]> {
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa"], resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + " " + failureSummary).join(" | "))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  return JSON.parse(result.value as string) as string[];
}

/** Numbers that break at a line's end, and cells so narrow that their words fall apart, in the tables that are seen. */
function crampedCells(): string[] {
  const range = document.createRange();
  const lines = () => new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 4))).size;
  return [...document.querySelectorAll("td, th")].flatMap((cell) => {
    const text = cell.textContent ?? "";
    range.selectNodeContents(cell);
    const narrow = lines() > 1 && text.length / lines() < 4 ? [`narrow: ${text}`] : [];
    const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    const broken: string[] = [];
    for (let node = words.nextNode(); node; node = words.nextNode())
      for (const { 0: number, index } of (node.textContent ?? "").matchAll(
        /((?<!\w)[+−-])?\d[\d.,\u202f]*(e[+−-]?\d+)?/g,
      )) {
        range.setStart(node, index);
        range.setEnd(node, index + number.length);
        if (lines() > 1) broken.push(`broken: ${number}`);
      }
    return [...narrow, ...broken];
  });
}

describe("viewer page for every eye", function () {
  this.timeout(90_000);
  const stage = useStage();
  const temp = useTempDir();

  it("has no serious accessibility fault, light or dark, wide or on a phone: list, run, unit, across runs, report", async function () {
    this.timeout(240_000); // twenty walks through all elements
    const { root, page, open } = stage();
    const dirs = [1, 2, 3, 4].map((seed) =>
      writeSyntheticRun(root, {
        seed,
        name: `run ${seed}`,
        lr: 1e-3 * (seed % 2),
        outcome: "finished",
        rows: 60,
        tokens: true,
      }),
    );
    damage(writeSyntheticRun(root, { id: "broken" }), "garbage run.json");
    const output = join(temp(), "report.html");
    await writeReport({ dirs, output, format: "html", indexFolder: root });
    const ids = dirs.map((dir) => `run=${basename(dir)}`);
    const views: readonly (readonly [name: string, go: () => Promise<unknown>])[] = [
      ["list", () => open()],
      ["run", () => open(`#${ids[0]}`).then(() => drawn(page, "loss"))],
      ["unit", () => open(`#${ids[0]}&unit=2.17`).then(() => drawn(page, "unit-neuron_death-frequency"))],
      ["across", () => open(`#${ids.join("&")}`).then(() => drawn(page, "across-scatter"))],
      ["report", () => page.goto(`file://${output}`)],
    ];
    const states = [1280, 375].flatMap((width) =>
      (["light", "dark"] as const).map((scheme) => [width, scheme] as const),
    );
    const faults: Record<string, string[]> = {};
    for (const [name, go] of views) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.emulateMedia({ colorScheme: "light" });
      await go();
      const session = await withAxe(page);
      for (const [width, colorScheme] of states) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const found = await serious(session);
        if (found.length > 0) faults[`${name} ${colorScheme} ${width}`] = found;
      }
    }
    expect(faults).to.deep.equal({});
    await page.setViewportSize({ width: 1280, height: 900 });
    await open();
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).to.equal("dark");
    await page.keyboard.press("t");
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).to.equal("light");
  });

  it("fits a phone: nothing but tables is wider than 375 px, and in these no number breaks", async () => {
    const { root, page, open, shot } = stage();
    const dirs = [1, 2, 3].map((seed) =>
      writeSyntheticRun(root, {
        seed,
        name: `a rather long name of a run, as people give them ${seed}`,
        lr: 0.0012345678 * seed,
        outcome: "finished",
        rows: 100,
        config: {
          note: "a sentence in a config, as long as the names of people's files are",
          eps: 1.0000001e-8 * seed,
        },
      }),
    );
    const output = join(temp(), "report.html");
    await writeReport({ dirs, output, format: "html", indexFolder: root });
    await keepWords(page);
    await page.setViewportSize({ width: 375, height: 800 });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    const cramped = async () => {
      await page.locator("details").evaluateAll((all) => all.map((one) => one.setAttribute("open", "")));
      expect(await page.locator("td").count()).to.be.greaterThan(20);
      return page.evaluate(crampedCells);
    };
    await open();
    expect(await width()).to.equal(375);
    await shot("list-375");
    await open("#run=20261123-090000-0001");
    for (const id of ["loss", "neuron_death-raster", "neuron_death-drift"]) await drawn(page, id);
    expect(await width()).to.equal(375);
    const drift = page.locator("#chart-neuron_death-drift .vega");
    expect(await drift.evaluate((one) => one.scrollWidth - one.clientWidth), "the legend is whole").to.equal(0);
    expect(await cramped()).to.deep.equal([]);
    await page.evaluate(() => scrollTo(0, 0));
    await shot("run-375");
    await open(`#${dirs.map((dir) => `run=${basename(dir)}`).join("&")}`);
    await drawn(page, "across-scatter");
    await drawn(page, "lr");
    const { words, width: edge } = await wordsOf(page, "lr", "100");
    const names = words.filter(({ from }) => from > edge / 2);
    expect(names.map(({ text }) => text.at(-1))).to.have.members(["1", "2", "3"]);
    expect(Math.max(...names.map(({ to }) => to)), "no name of a line is cut").to.be.at.most(edge);
    await page.locator("#config td").first().waitFor();
    expect(await width()).to.equal(375);
    expect(await cramped()).to.deep.equal([]);
    await page.goto(`file://${output}`);
    expect(await width()).to.equal(375);
    expect(await cramped()).to.deep.equal([]);
  });

  it("says in a line which charts have nothing to show, instead of drawing frames; facets keep within their card", async () => {
    const { root, page, open } = stage();
    const facet = { field: "layer", type: "ordinal", columns: 3 };
    const y = { field: "value", type: "quantitative" };
    const base = { section: "neuron_death", description: "", data: "scalars", only: ["dead"] } as const;
    const use = { ...base, section: "token_sparsity", only: ["use_token"] } as const;
    const charts = [
      {
        ...base,
        id: "bars",
        title: "Zeros",
        spec: { mark: "bar", encoding: { x: { field: "layer", type: "ordinal" }, y } },
      },
      {
        ...use,
        id: "none",
        title: "None",
        spec: {
          transform: [{ filter: "datum.value < 0" }],
          mark: "bar",
          encoding: { x: { field: "layer", type: "ordinal" }, y },
        },
      },
      {
        ...use,
        id: "facets",
        title: "By layer",
        spec: { mark: "area", encoding: { x: { field: "step", type: "quantitative" }, y, facet } },
      },
    ];
    // Within the first steps no unit is dead: every value is zero.
    writeSyntheticRun(root, { id: "short", rows: 20, outcome: "finished", charts, arraysEvery: 0 });
    await open("#run=short");
    await page.locator("#neuron_death").getByText("Not drawn – Zeros").waitFor();
    expect(await page.locator("#chart-neuron_death-bars canvas").count()).to.equal(0);
    await drawn(page, "token_sparsity-facets");
    const place = page.locator("#chart-token_sparsity-facets .vega");
    // Its neighbour turns out to show nothing and leaves it the whole row: it is drawn for that.
    await page.waitForFunction(() => document.querySelector("#chart-token_sparsity-facets canvas")!.clientWidth > 1000);
    expect(await place.evaluate((one) => one.scrollWidth - one.clientWidth)).to.equal(0);
  });

  it("stays alive wherever it is pointed at: what stands out may change the scale, and with it what is nearest", async () => {
    const { root, page, open } = stage();
    for (let seed = 1; seed <= 24; seed++)
      writeSyntheticRun(root, {
        seed,
        lr: 5e-4 * 2 ** (seed % 6),
        rows: 150,
        outcome: "finished",
        arraysEvery: 0,
        events: [],
      });
    const runs = Array.from({ length: 24 }, (_, i) => `run=20261123-090000-${String(i + 1).padStart(4, "0")}`).join(
      "&",
    );
    await open(`#${runs}&range=60..140`);
    const plot = page.locator("#chart-loss .u-over").first();
    const box = (await plot.boundingBox())!;
    for (let i = 0; i < 60; i++) {
      const [across, down] = [(i * 37) % 60, (i * 23) % 60];
      await page.mouse.move(box.x + (box.width * across) / 60, box.y + (box.height * down) / 60);
      expect(await page.evaluate("1 + 1")).to.equal(2);
    }
  });
});
