/**
 * Makes the pictures of the page in docs/viewing.md from real runs: `node --import tsx/esm scripts/page-pictures.ts FOLDER RUN
 * LAYER.UNIT`. The folder holds a sweep with the analyzers token-sparsity and neuron-death; `-` leaves its picture as it is. RUN is the
 * directory of a run whose analyzers had `per_unit`; its unit should be one that fires for few tokens. Needs Chromium
 * (/usr/bin/chromium, or CHROMIUM).
 */
import { readdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { chromium } from "playwright-core";
import { startViewer } from "../viewer/server.ts";
import { buildPage } from "./build-page.mjs";

const [folder, run, unit] = process.argv.slice(2);
if (folder === undefined || run === undefined || unit === undefined)
  throw new Error("usage: page-pictures.ts FOLDER RUN LAYER.UNIT");
await buildPage();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
if (folder !== "-") {
  const root = resolve(folder);
  const ids = readdirSync(root).filter((name) => !name.startsWith("."));
  await shoot("sweep", root, ids.map((id) => `run=${id}`).join("&"), ".many .card canvas", 700);
}
await shoot("neuron", dirname(resolve(run)), `run=${basename(run)}&unit=${unit}`, ".card canvas", 960);
await browser.close();

async function shoot(name: string, dir: string, hash: string, drawn: string, height: number): Promise<void> {
  const viewer = await startViewer({ dir, edit: false });
  const page = await browser.newPage({ viewport: { width: 1200, height } });
  await page.goto(`${viewer.url}#${hash}`);
  await page.locator(drawn).first().waitFor();
  await page.waitForTimeout(1500); // charts come in one by one
  await page.screenshot({ path: new URL(`../docs/pictures/${name}.png`, import.meta.url).pathname });
  await page.close();
  await viewer.close();
  console.log(`docs/pictures/${name}.png`);
}
