import { expect } from "chai";
import type { Page } from "playwright-core";
import { drawn } from "../helpers/drawn.ts";
import { useStage } from "../helpers/page.ts";
import { writeSyntheticRun } from "../helpers/synthetic-runs.ts";

/** Waits until a chart is painted in a colour, which no theme and no anti-aliasing has of itself. */
async function paintedIn(page: Page, chart: string, [red, green, blue]: readonly number[]): Promise<void> {
  await page.waitForFunction(
    ({ name, wanted }) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`#chart-${name} canvas`);
      if (canvas === null) return false;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4)
        if (wanted.every((value, k) => Math.abs(value! - data[i + k]!) < 3)) return true;
      return false;
    },
    { name: chart, wanted: [red, green, blue] },
  );
}

describe("viewer page, what one chooses", function () {
  this.timeout(90_000);
  const stage = useStage();

  it("isolates and colours groups, pins, folds, moves and enlarges what it shows, keeps that, and moves all cursors together", async () => {
    const { root, page, open, troubles } = stage();
    for (const seed of [1, 2, 3, 4, 5, 6])
      writeSyntheticRun(root, { id: `r${seed}`, seed, lr: seed % 2 ? 1e-3 : 3e-3, rows: 60, outcome: "finished" });
    await open(`#${[1, 2, 3, 4, 5, 6].map((seed) => `run=r${seed}`).join("&")}`);
    await drawn(page, "loss");
    const names = page.locator(".legend-name:visible");
    await page.getByRole("searchbox", { name: "Search the legend" }).fill("0.003");
    await page.waitForFunction(() => document.querySelectorAll(".legend-list > li:not([hidden])").length === 1);
    expect(await names.allTextContents()).to.deep.equal(["train.lr 0.003"]);
    await page.getByRole("searchbox", { name: "Search the legend" }).fill("");
    await page.waitForFunction(() => document.querySelectorAll(".legend-list > li:not([hidden])").length === 2);
    await page.getByRole("button", { name: "train.lr 0.003", exact: true }).click();
    await page.locator(".legend-members a").nth(2).waitFor();
    expect(await page.locator(".legend-members a").allTextContents()).to.deep.equal(["r2", "r4", "r6"]);
    await page.getByRole("button", { name: "Only train.lr 0.003" }).click();
    await page.getByRole("checkbox", { name: "Show train.lr 0.001", checked: false }).waitFor();
    await page.getByRole("button", { name: "Only train.lr 0.003" }).click();
    await page.getByRole("checkbox", { name: "Show train.lr 0.001", checked: true }).waitFor();

    const swatch = page.getByLabel("Colour of train.lr 0.001");
    await swatch.fill("#ff00ff");
    await swatch.dispatchEvent("change");
    await paintedIn(page, "loss", [255, 0, 255]);

    await page.getByRole("button", { name: "Pin Loss" }).click();
    await page.locator("#pinned #chart-loss").waitFor();
    await page.locator("#chart-loss").getByRole("button", { name: "Loss in full screen" }).click();
    const size = await page.locator("#chart-loss").boundingBox();
    expect([size?.width, size?.height]).to.deep.equal([1280, 900]);
    await page.keyboard.press("Escape");
    await page.locator(".card.full").waitFor({ state: "detached" });
    await page.locator("#chart-loss summary").click();
    await page.getByRole("button", { name: "Logarithmic y axis on / off" }).first().click();
    await page.waitForFunction(() => new URLSearchParams(location.hash.slice(1)).get("logy") === "loss");

    const order = () => page.locator("section.section").evaluateAll((all) => all.map(({ id }) => id));
    const before = await order();
    await page.getByRole("button", { name: "Move Across runs up" }).dispatchEvent("click");
    await page.waitForFunction(
      (was) => document.querySelectorAll("section.section")[was - 1]?.id === "across",
      before.indexOf("across"),
    );
    const after = await order();
    await page.getByRole("heading", { name: "Across runs" }).click();
    await page.waitForFunction(() => localStorage.getItem("reluscope.open.across") === "0");
    await page.reload();
    await drawn(page, "loss");
    expect(await order()).to.deep.equal(after);
    expect(await page.locator("#across > details").getAttribute("open"), "folded").to.equal(null);
    expect(await swatch.inputValue()).to.equal("#ff00ff");
    await paintedIn(page, "loss", [255, 0, 255]);

    const [own, other] = ["loss", "overview-token_sparsity-use-token"].map((id) =>
      page.locator(`#chart-${id} .u-over`).first(),
    );
    await own!.hover({ position: { x: 100, y: 60 } });
    await page.waitForFunction(() => {
      const cursor = document.querySelector<HTMLElement>("#chart-overview-token_sparsity-use-token .u-cursor-x")!;
      return Number(/\((-?[\d.]+)px/.exec(cursor.style.transform)?.[1]) > 0;
    });
    const shares = await Promise.all(
      [own!, other!].map((plot) =>
        plot.evaluate((one) => {
          const cursor = one.querySelector<HTMLElement>(".u-cursor-x")!;
          return Number(/\((-?[\d.]+)px/.exec(cursor.style.transform)![1]) / one.clientWidth;
        }),
      ),
    );
    expect(shares[0]).to.be.closeTo(shares[1]!, 0.02);
    expect(troubles).to.deep.equal([]);
  });

  it("keeps the list's columns: their order and widths", async () => {
    const { root, page, open } = stage();
    for (const seed of [1, 2]) writeSyntheticRun(root, { seed, name: `run ${seed}`, rows: 5, outcome: "finished" });
    await open();
    const heads = () => page.locator("thead th button").allTextContents();
    await page.getByText("Columns", { exact: true }).click();
    await page.getByRole("button", { name: "Left Step" }).click();
    const edge = (await page.locator("thead th").nth(1).locator(".widener").boundingBox())!;
    await page.keyboard.press("Escape");
    await page.mouse.move(edge.x + 4, edge.y + 8);
    await page.mouse.down();
    await page.mouse.move(edge.x + 104, edge.y + 8, { steps: 3 });
    await page.mouse.up();
    await page.waitForFunction(() => {
      const [step, state] = ["Step", "State"].map((name) =>
        document.querySelector("thead")!.textContent!.indexOf(name),
      );
      return step! < state!;
    });
    const [order, width] = [await heads(), (await page.locator("thead th").nth(1).boundingBox())!.width];
    await page.reload();
    await page.locator("tbody .name").first().waitFor();
    expect(await heads()).to.deep.equal(order);
    expect((await page.locator("thead th").nth(1).boundingBox())!.width).to.be.closeTo(width, 2);
  });
});
