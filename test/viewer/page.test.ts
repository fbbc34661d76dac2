import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { writeVocabulary } from "../../core/record/vocabulary.ts";
import { openRecord } from "../../core/record/writer.ts";
import { keepWords, wordsOf } from "../helpers/canvas-words.ts";
import { drawn } from "../helpers/drawn.ts";
import { useStage } from "../helpers/page.ts";
import { damage, syntheticRow, writeSyntheticRun } from "../helpers/synthetic-runs.ts";

/** Markup, script, template and terminal tricks, as a name or any other text of a run may hold them. */
const hostile = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'";\${alert(1)}\u202e\u001b[31m`;

/** What a chart's menu saves. */
async function saved(page: Page, chart: string, action: string): Promise<{ name: string; bytes: Buffer }> {
  await drawn(page, chart);
  await page.locator(`#chart-${chart} summary`).click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(`#chart-${chart}`).getByRole("button", { name: action }).click(),
  ]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

describe("viewer page", function () {
  this.timeout(90_000);
  const stage = useStage();

  it("lists runs; searches, filters by state, sorts by config", async () => {
    const { root, page, open, shot } = stage();
    writeSyntheticRun(root, { seed: 1, name: "baseline", outcome: "finished", rows: 60 });
    writeSyntheticRun(root, { seed: 2, name: "slow", lr: 1e-3, outcome: "failed", rows: 60 });
    writeSyntheticRun(root, { seed: 3, name: "slower", lr: 1e-4, rows: 60, steps: 400 });
    damage(writeSyntheticRun(root, { seed: 4 }), "garbage run.json");
    await open();
    const names = () => page.locator("tbody .name").allTextContents();
    expect(await names()).to.deep.equal(["slower", "slow", "baseline", "20261123-090000-0004"]);
    expect(await page.locator("tbody .state").allTextContents()).to.deep.equal([
      "✕ killed",
      "✕ failed",
      "✓ finished",
      "! damaged",
    ]);
    await shot("list");
    await page.getByRole("button", { name: "train.lr" }).click();
    expect((await names()).slice(0, 3)).to.deep.equal(["slower", "slow", "baseline"]);
    await page.getByRole("searchbox").fill("lr<0.002 slow");
    await page.getByText("2 of 4 runs").waitFor();
    expect(await names()).to.deep.equal(["slower", "slow"]);
    await page.getByRole("button", { name: "failed", exact: true }).click();
    expect(await names()).to.deep.equal(["slow"]);
    await page.reload();
    await page.locator("tbody .name").first().waitFor();
    expect(await names(), "the address restores the view").to.deep.equal(["slow"]);
  });

  it("shows metrics as columns, filters by them, and says why a search is not understood", async () => {
    const { root, page, open, shot } = stage();
    for (const seed of [1, 2, 3])
      writeSyntheticRun(root, { seed, name: `run ${seed}`, lr: 1e-3 * seed, rows: 60, outcome: "finished" });
    await open();
    const names = () => page.locator("tbody .name").allTextContents();
    await page.getByText("Columns", { exact: true }).click();
    await page.getByRole("combobox", { name: "Metric" }).fill("train/lr");
    await page.getByRole("combobox", { name: "Which of its values" }).selectOption("max");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "max(train/lr)" }).click();
    await page.waitForFunction(() => document.querySelectorAll("tbody td.number").length > 12);
    expect(await names()).to.deep.equal(["run 1", "run 2", "run 3"]);
    await shot("list-columns");
    await page.getByRole("searchbox").fill("train/loss < 99 and lr >= 2e-3");
    await page.getByText("2 of 3 runs").waitFor();
    await page.getByRole("searchbox").fill("train/los < 99");
    await page
      .getByRole("alert")
      .getByText("nothing is called “train/los”; did you mean “train/loss”? (at character 1)")
      .waitFor();
  });

  it("tags, archives and moves runs to the trash, asking first, and takes them back", async () => {
    const { root, page, open } = stage();
    for (const seed of [1, 2]) writeSyntheticRun(root, { seed, name: `run ${seed}`, rows: 5, outcome: "finished" });
    await open();
    await page.getByLabel("Actions of run 1").click();
    await page.getByRole("button", { name: "Name, tags, note…" }).click();
    await page.getByLabel("Tags, by commas").fill("paper, old");
    await page.getByLabel("Name to show").fill("baseline");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "baseline" }).waitFor();
    await page.getByLabel("Actions of run 2").click();
    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await page.getByText("1 of 2 runs").waitFor();
    await page.getByLabel("Actions of baseline").click();
    await page.getByRole("button", { name: "Move to the trash…" }).click();
    await page.getByRole("button", { name: "Move to the trash", exact: true }).click();
    await page.getByRole("button", { name: "Trash (1)" }).click();
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("link", { name: "baseline" }).waitFor();
  });

  it("says what to do where there are no runs, and shows the first one by itself", async () => {
    const { root, page, open, shot } = stage();
    await open();
    await page.getByText("There are no runs").waitFor();
    await page.getByText("experiment train").waitFor();
    await shot("list-empty");
    writeSyntheticRun(root, { seed: 1, name: "first", rows: 5 });
    await page.getByRole("link", { name: "first" }).waitFor();
  });

  it("draws the core charts and every kind of chart that a plugin declares", async () => {
    const { root, page, open, shot, troubles } = stage();
    writeSyntheticRun(root, { seed: 1, name: "baseline", outcome: "finished", rows: 300 });
    await open();
    await page.getByRole("link", { name: "baseline" }).click();
    await page.getByRole("heading", { name: "baseline" }).waitFor();
    for (const id of ["loss", "lr", "throughput", "token_sparsity-use-token"]) await drawn(page, id);
    for (const id of ["states", "raster", "frequency-heat", "union-growth", "drift", "forks", "deaths"])
      await drawn(page, `neuron_death-${id}`);
    await page.evaluate(() => scrollTo(0, 0));
    await shot("run");
    expect(troubles).to.deep.equal([]);
  });

  it("draws a chart of an analyzer that it has never heard of, and says what is wrong with a spec that cannot be drawn", async () => {
    const { root, page, open } = stage();
    const own = { section: "my_own", title: "Mine", description: "", data: "scalars" } as const;
    const encoding = { x: { field: "step", type: "quantitative" }, y: { field: "value", type: "quantitative" } };
    const charts = [
      { ...own, id: "good", spec: { mark: "bar", encoding } },
      { ...own, id: "bad", spec: { mark: "no-such-mark", encoding, transform: [{ filter: "alert(1) +" }] } },
      {
        ...own,
        id: "fetching",
        spec: { mark: "image", encoding: { url: { value: "https://evil.example/x.png" }, ...encoding } },
      },
    ];
    const dir = writeSyntheticRun(root, { id: "mine", rows: 4, charts });
    const record = openRecord(dir);
    record.writeRows([{ ...syntheticRow(4, {}, () => 0), metrics: { "my_own/score": 3 }, arrays: {} }]);
    record.close();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).hostname));
    await open("#run=mine");
    await drawn(page, "my_own-good");
    await page
      .locator("#chart-my_own-bad")
      .getByText("Chart `bad` of my-own: there is no mark `no-such-mark`.")
      .waitFor();
    expect(new Set(asked)).to.deep.equal(new Set(["127.0.0.1"]));
  });

  it("says that a run is not there", async () => {
    const { root, page, open } = stage();
    writeSyntheticRun(root, { id: "a", rows: 5 });
    await open("#run=nope");
    await page.getByRole("heading", { name: "No such run" }).waitFor();
    await page.getByRole("alert").getByText("nope: no such run").waitFor();
    await page.getByRole("link", { name: "All runs" }).click();
    await page.getByRole("link", { name: "a", exact: true }).waitFor();
  });

  it("groups a sweep: one line a group, its interval and n under the pointer, differences to a baseline, runs as points", async () => {
    const { root, page, open, shot, troubles } = stage();
    for (const seed of [1, 2, 3, 4, 5, 6])
      writeSyntheticRun(root, { id: `r${seed}`, seed, lr: seed % 2 ? 1e-3 : 3e-3, rows: 100, outcome: "finished" });
    await open(`#${[1, 2, 3, 4, 5, 6].map((seed) => `run=r${seed}`).join("&")}`);
    await drawn(page, "loss");
    expect(await page.locator(".legend-name").allTextContents()).to.deep.equal(["train.lr 0.001", "train.lr 0.003"]);
    const plot = (await page.locator("#chart-loss .u-over").first().boundingBox())!;
    await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
    // Looked at in the same moment: a plot that is given another size lets go of what it told.
    const shown = await page.waitForFunction(() => {
      const tip = document.querySelector<HTMLElement>(".tip:not([hidden])");
      return tip?.textContent?.includes("n 3") && (tip.getBoundingClientRect().toJSON() as DOMRect);
    });
    const tip = (await shown.jsonValue()) as DOMRect;
    expect(tip.x + tip.width / 2, "it is told of the plot that is pointed at").to.be.within(
      plot.x,
      plot.x + plot.width,
    );
    expect(tip.y >= plot.y + plot.height || tip.y + tip.height <= plot.y, "the tip is not on the lines").to.equal(true);
    await shot("groups");
    await page.getByRole("button", { name: "Differences to train.lr 0.001" }).click();
    await page
      .locator("#chart-loss")
      .getByText("Differences to train.lr 0.001, with Welch's 95 % interval over runs.")
      .waitFor();
    await page.getByRole("button", { name: "Values, not differences" }).click();
    await drawn(page, "across-scatter");
    await drawn(page, "across-strip");
    const points = (await saved(page, "across-scatter", "Save data as CSV")).bytes.toString().trim().split("\r\n");
    expect([points[0], points.length]).to.deep.equal(["run,group,x,y", 7]);
    expect(points[1]).to.match(/^r1,train\.lr 0\.001,0\.001,[\d.]+$/);
    const svg = (await saved(page, "across-scatter", "Save as SVG")).bytes.toString();
    expect(svg).to.match(/^<svg[\s\S]*eval\/loss[\s\S]*<\/svg>$/);
    const png = await saved(page, "across-scatter", "Save as PNG");
    expect([png.bytes.subarray(1, 4).toString(), png.bytes.length > 5000]).to.deep.equal(["PNG", true]);
    await page.getByRole("searchbox", { name: "Find charts" }).fill("/gradient|scatter/");
    await page.getByText(/^2 of \d+ charts$/).waitFor();
    expect(troubles).to.deep.equal([]);
  });

  it("shows arrays that no chart declares, at any step, and the page of one unit", async () => {
    const { root, page, open, shot, troubles } = stage();
    const at = { step: 50, tokens: 51200, time: 1 };
    const death = { ...at, source: "neuron-death", kind: "death", data: { layer: 2, unit: 17, last_step: 40 } };
    const dir = writeSyntheticRun(root, {
      id: "a",
      rows: 100,
      arraysEvery: 2,
      tokens: true,
      charts: [],
      events: [death],
    });
    writeVocabulary(dir, [`${hostile}\u202e\u001b[2J`]);
    await open("#run=a");
    await drawn(page, "array-neuron_death-frequency");
    expect(await page.locator("#chart-array-own-ids").count(), "ids are no distribution").to.equal(0);
    const card = page.locator("#chart-array-neuron_death-frequency");
    await card.getByRole("combobox", { name: "show" }).selectOption("histogram");
    await card.getByText("Step 100.").waitFor();
    await card.getByRole("slider", { name: "Step" }).fill("0");
    await card.getByText("Step 1.").waitFor();
    await card.getByRole("button", { name: "Play the steps" }).click();
    await page.waitForFunction(
      () =>
        Number(document.querySelector<HTMLInputElement>("#chart-array-neuron_death-frequency [type=range]")?.value) > 1,
    );
    await card.getByRole("button", { name: "Pause" }).click();
    const reached = Number(await card.getByRole("slider", { name: "Step" }).inputValue());
    expect(reached, "paused long before the end, of 51 steps").to.be.within(2, 49);
    await card.getByText(`Step ${2 * reached}.`).waitFor();
    await page.getByRole("spinbutton", { name: "Layer" }).fill("2");
    await page.getByRole("spinbutton", { name: "Unit" }).fill("17");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("heading", { name: "Unit 17 of layer 2" }).waitFor();
    await drawn(page, "unit-neuron_death-frequency");
    await page.getByText("layer 2, unit 17, last_step 40").waitFor();
    const tokens = page.getByRole("region", { name: "ids" });
    const cells = await tokens.locator("tbody th, tbody td").allTextContents();
    expect(cells).to.deep.equal([`“${hostile.slice(0, 40)}…”`, "0.625", "id 99", "0.625"]);
    expect(await tokens.locator("tbody *").evaluateAll((all) => all.map(({ tagName }) => tagName))).to.not.include(
      "IMG",
    );
    await page.getByText("token_sparsity with option `per_unit`: each").waitFor();
    await shot("unit");
    await page.getByRole("button", { name: "Unit after" }).click();
    await page.getByRole("heading", { name: "Unit 18 of layer 2" }).waitFor();
    expect(await page.getByText("Tokens it fires for").isVisible(), "it was not looked at").to.equal(false);
    expect(troubles).to.deep.equal([]);
  });

  it("overlays several runs and shows how their configs differ", async () => {
    const { root, page, open, shot } = stage();
    for (const seed of [1, 2, 3, 4])
      writeSyntheticRun(root, { seed, name: `run ${seed}`, lr: 1e-3 * seed, outcome: "finished", rows: 100 });
    await open();
    await page.getByLabel("Choose all shown runs").check();
    await page.getByRole("button", { name: "Compare 4 runs" }).click();
    await page.getByRole("heading", { name: "4 runs" }).waitFor();
    await drawn(page, "loss");
    const plots = page.locator("#chart-token_sparsity-use-token .plot");
    await page
      .locator("#chart-token_sparsity-use-token")
      .evaluate((element) => element.scrollIntoView({ block: "nearest" }));
    await plots.nth(3).waitFor();
    expect(await plots.count(), "one plot a layer").to.equal(4);
    await shot("overlay");
    const differing = await page.locator("#config tbody th").allTextContents();
    expect(differing).to.deep.equal(["name", "seed", "train.lr"]);
    await page.getByRole("combobox", { name: "Config keys" }).selectOption("chosen");
    const chosen = await page.locator("#config tbody th").allTextContents();
    expect(chosen, "and what is no default").to.deep.equal(["name", "seed", "train.lr", "train.steps"]);
    await page.getByRole("checkbox", { name: "Show run 4" }).uncheck();
    await page.waitForFunction(() => location.hash.includes("hide=20261123-090000-0004"));
    await page.getByRole("button", { name: "Show all (1 hidden)" }).click();
    await page.waitForFunction(() => !location.hash.includes("hide"));
  });

  it("restores axis, scale, smoothing and zoom from a link", async () => {
    const { root, page, open } = stage();
    writeSyntheticRun(root, { id: "a", rows: 200 });
    await open("#run=a&x=tokens&log=1&smooth=0.4&range=20000..90000");
    await drawn(page, "loss");
    expect(await page.getByRole("button", { name: "Tokens" }).getAttribute("aria-pressed")).to.equal("true");
    expect(await page.getByRole("button", { name: "Log", exact: true }).getAttribute("aria-pressed")).to.equal("true");
    expect(await page.getByRole("slider", { name: "Smoothing" }).inputValue()).to.equal("0.4");
    await page.getByText("training tokens 20,000 – 90,000").waitFor();
    await page.keyboard.press("x");
    await page.waitForFunction(() => location.hash.includes("x=time"));
    await page.keyboard.press("l");
    expect(await page.evaluate(() => location.hash)).to.equal("#run=a&x=time&smooth=0.4");
  });

  it("tells exact values under the pointer and by keyboard, zooms to what is dragged over, and names lines at their ends there", async () => {
    const { root, page, open, shot } = stage();
    await keepWords(page);
    writeSyntheticRun(root, { id: "a", rows: 200 });
    await open("#run=a");
    await drawn(page, "overview-token_sparsity-use-token");
    const plot = page.locator("#chart-overview-token_sparsity-use-token .u-over");
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const tip = page.locator(".tip");
    await tip.waitFor();
    const [step] = /step (\d+)/.exec((await tip.locator(".tip-head").textContent())!)!.slice(1);
    expect(await tip.locator("tr").count()).to.equal(4);
    expect(await tip.locator(".tip-note").allTextContents(), "what happened there").to.include("resume step 100");
    const layers = await tip.locator("tr td:nth-child(2)").allTextContents();
    expect(layers).to.deep.equal(["layer 0", "layer 1", "layer 2", "layer 3"]);
    const answer = await page.evaluate(
      async (at) =>
        (await (await fetch(`api/runs/a/series?key=token_sparsity/use_token/layer_0&from=${at}&to=${at}`)).json()) as {
          step: number[];
          values: Record<string, number[]>;
        },
      step!,
    );
    const exact = answer.values["token_sparsity/use_token/layer_0"]![answer.step.indexOf(Number(step))]!;
    expect(Number(await tip.locator("tr td.number").first().textContent())).to.be.closeTo(exact, 1e-7);
    await shot("hover");
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => /range=1?\d\d(\.\d+)?\.\.1[45]\d/.test(location.hash));
    // In the first steps all lines are as one: their names stand apart all the same, in the lines' order.
    for (const [range, tick] of [
      ["1..4", "3"],
      ["60..140", "80"],
      ["150..300", "260"],
    ] as const) {
      await page.evaluate((to) => (location.hash = `#run=a&range=${to}`), range);
      const { words } = await wordsOf(page, "overview-token_sparsity-use-token", tick);
      const names = words.filter(({ text }) => text.startsWith("layer ")).sort((a, b) => a.y - b.y);
      expect(names.map(({ text }) => text).toSorted(), range).to.deep.equal([
        "layer 0",
        "layer 1",
        "layer 2",
        "layer 3",
      ]);
      for (const [i, { y }] of names.entries())
        expect(y - (names[i - 1]?.y ?? -13), `${range}: names do not overlap`).to.be.at.least(13);
      expect(names.at(-1)!.y, range).to.be.at.most(box.height + 20);
      if (range !== "1..4")
        expect(names.map(({ text }) => text).join(), range).to.equal("layer 0,layer 1,layer 2,layer 3");
    }
    await page.evaluate(() => (location.hash = "#run=a&range=60..140"));
    await page.getByText("step 60 – 140").waitFor();
    await page.locator("#chart-loss .plot").focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => /train [\d.]+/.test(document.getElementById("announcer")!.textContent!));
    await page.keyboard.press("0");
    await page.waitForFunction(() => !location.hash.includes("range"));
  });

  it("saves any chart as SVG and PNG and its data as CSV", async () => {
    const { root, page, open } = stage();
    writeSyntheticRun(root, { id: "a", name: "=cmd()", rows: 60 });
    await open("#run=a");
    for (const chart of ["loss", "neuron_death-union-growth"]) {
      const svg = (await saved(page, chart, "Save as SVG")).bytes.toString();
      expect(svg).to.match(/^<svg[\s\S]*<path[\s\S]*<\/svg>$/);
      const png = await saved(page, chart, "Save as PNG");
      expect(png.bytes.subarray(1, 4).toString()).to.equal("PNG");
      expect(png.bytes.length).to.be.greaterThan(5000);
    }
    const csv = (await saved(page, "loss", "Save data as CSV")).bytes.toString().split("\r\n");
    expect(csv[0]).to.equal("run,step,tokens,time,metric,value");
    expect(csv.filter((line) => line.includes("train/loss"))).to.have.length(60);
    const table = (await saved(page, "neuron_death-union-growth", "Save data as CSV")).bytes.toString();
    expect(table, "no formula for a spreadsheet to run").to.contain("\r\n'=cmd(),");
  });

  it("treats every text of a run as text", async () => {
    const { root, page, open, troubles, shot } = stage();
    const at = { step: 1, tokens: 1024, time: 1 };
    const config = { name: hostile, [hostile]: hostile, train: { lr: hostile } };
    const chart = {
      id: "x",
      section: hostile,
      title: hostile,
      description: hostile,
      data: "scalars",
      spec: { mark: "line", title: hostile },
    } as const;
    for (const id of ["a", "b"])
      writeSyntheticRun(root, {
        id,
        name: hostile,
        rows: 20,
        config: { ...config, id },
        charts: [
          chart,
          {
            ...chart,
            id: "y",
            data: "events",
            section: "neuron_death",
            spec: { mark: "text", encoding: { text: { field: "note" }, href: { value: "javascript:window.pwned=1" } } },
          },
        ],
        events: [{ ...at, source: "neuron-death", kind: hostile, data: { [hostile]: hostile, note: hostile } }],
      });
    await open();
    await page.getByText("2 runs").waitFor();
    await open("#run=a&run=b");
    await drawn(page, "loss");
    for (const id of ["events", "config", "environment"])
      await page.locator(`#${id}`).evaluate((element) => element.scrollIntoView({ block: "nearest" }));
    const plot = (await page.locator("#chart-loss .u-over").boundingBox())!;
    await page.locator("#chart-loss").evaluate((element) => element.scrollIntoView({ block: "nearest" }));
    await page.mouse.move(plot.x + 100, 200);
    await shot("hostile");
    expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned)).to.equal(undefined);
    expect(await page.locator("main img, main script, .tip img").count()).to.equal(0);
    expect(troubles.filter((text) => /script|policy/i.test(text))).to.deep.equal([]);
    await open(`#run=${encodeURIComponent("../../etc")}`);
    await page.getByRole("alert").getByText("no such page").or(page.getByRole("alert")).first().waitFor();
  });

  it("shows values that are not finite", async () => {
    const { root, page, open } = stage();
    const dir = writeSyntheticRun(root, { id: "a", rows: 30 });
    const record = openRecord(dir);
    record.writeRows([{ ...syntheticRow(30, {}, () => 0), metrics: { "train/loss": Number.NaN }, arrays: {} }]);
    record.close();
    await open("#run=a");
    await page.locator("#chart-loss").getByText("loss is NaN from step 31 (1×)").waitFor();
  });
});
