/**
 * Makes the pictures of the page in docs/viewing.md from real runs: `node --import tsx/esm scripts/page-pictures.ts FOLDER`. The folder
 * holds a sweep with the analyzer neuron-death, some unit of which has died. Needs Chromium (/usr/bin/chromium, or CHROMIUM).
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { readEvents } from "../core/record/reader.ts";
import { startViewer } from "../viewer/server.ts";
import { buildPage } from "./build-page.mjs";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: page-pictures.ts FOLDER");
const root = resolve(folder);
const ids = readdirSync(root).filter((name) => !name.startsWith("."));
await buildPage();
const viewer = await startViewer({ dir: root, edit: false });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});
const runs = ids.map((id) => `run=${id}`).join("&");
await shoot("sweep", `${runs}&smooth=0.6`, ".many .card canvas", 700);
await shoot("neuron", await someDeath(), ".card canvas", 700);
await browser.close();
await viewer.close();

async function shoot(name: string, hash: string, drawn: string, height: number): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1200, height } });
  await page.goto(`${viewer.url}#${hash}`);
  await page.locator(drawn).first().waitFor();
  await page.waitForTimeout(1500); // charts come in one by one
  await page.screenshot({ path: new URL(`../docs/pictures/${name}.png`, import.meta.url).pathname });
  await page.close();
  console.log(`docs/pictures/${name}.png`);
}

/** The page of a unit that fired for long before it died: the last death of the first run that has one. */
async function someDeath(): Promise<string> {
  for (const id of ids) {
    const { events } = await readEvents(join(root, id));
    const death = events.findLast(({ kind }) => kind === "death");
    if (death) return `run=${id}&unit=${death.data.layer}.${death.data.unit}`;
  }
  throw new Error(`${root}: no unit has died in any of its ${ids.length} runs`);
}
