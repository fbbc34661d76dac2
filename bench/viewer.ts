/**
 * The viewer at scale: 10 000 runs listed; a run of 1 000 000 rows x 60 metrics opened for the first time, indexed, opened
 * again and zoomed into, with the server's memory; 50 runs overlaid and 120 in groups, panned in a browser.
 *
 *     node --import tsx/esm bench/viewer.ts [rows]
 *
 * Writes about 3 GB (for a million rows) into the temporary folder and removes it again.
 */
import { fork } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeRunFile } from "../core/record/run-file.ts";
import { longRows, syntheticRunFile, writeSyntheticRun } from "../test/helpers/synthetic-runs.ts";

if (process.send) await serve();
else await measure(Number(process.argv[2] ?? 1_000_000));

/** The server in a process of its own, so that its memory is its own. */
async function serve(): Promise<void> {
  const { startViewer } = await import("../viewer/server.ts");
  const [dir = "", indexFolder = ""] = process.argv.slice(2);
  const viewer = await startViewer({ dir, indexFolder });
  let peak = 0;
  setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ peak, cpu: (user + system) / 1e6 });
  });
  process.send?.({ url: viewer.url });
}

async function measure(rows: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "reluscope-bench-"));
  try {
    await listed(join(root, "many"), root);
    await long(join(root, "long"), root, rows);
    await panned(join(root, "fifty"), root, 50, "&group=");
    await panned(join(root, "sweep"), root, 120, "");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function listed(dir: string, root: string): Promise<void> {
  const model = writeSyntheticRun(join(root, "model"), { rows: 40, outcome: "finished", arraysEvery: 0, events: [] });
  for (let seed = 0; seed < 10_000; seed++) {
    const id = `20261123-090000-${String(seed).padStart(4, "0")}`;
    mkdirSync(join(dir, id), { recursive: true });
    for (const name of ["rows.jsonl", "events.jsonl", "charts.json"])
      copyFileSync(join(model, name), join(dir, id, name));
    const run = syntheticRunFile(id, { seed, rows: 40, lr: 1e-4 * (seed % 17), outcome: "finished" });
    writeFileSync(join(dir, id, "run.json"), JSON.stringify(run));
  }
  const server = await started(dir, join(root, "index"));
  const before = await server.cpu();
  console.log(`10 000 runs listed, first time  ${await timed(() => get(server.url, "api/runs"))}`);
  // On a machine that others use, too, this says more than the clock.
  console.log(`… of a processor's time          ${((await server.cpu()) - before).toFixed(1)} s`);
  console.log(`10 000 runs listed, again       ${await timed(() => get(server.url, "api/runs"))}`);
  console.log(`server's memory, peak           ${await server.memory()}`);
  await server.stop();
}

async function long(dir: string, root: string, rows: number): Promise<void> {
  const run = join(dir, "long");
  mkdirSync(run, { recursive: true });
  const file = openSync(join(run, "rows.jsonl"), "w");
  for (const text of longRows(rows, 60, Math.floor(rows / 8))) writeSync(file, text);
  closeSync(file);
  writeRunFile(run, syntheticRunFile("long", { rows, outcome: "finished", layers: 12 }));
  const size = (statSync(join(run, "rows.jsonl")).size / 1e9).toFixed(2);
  console.log(`\n${rows} rows x 60 metrics (${size} GB)`);
  const path = "api/runs/long/series?key=train/loss&points=1500&axis=step";
  const first = await started(dir, join(root, "index"));
  const show = async (url: string) => {
    await get(url, "api/runs/long");
    return get(url, path);
  };
  console.log(`opened, first time (a sample)   ${await timed(() => show(first.url))}`);
  const indexed = await timed(async () => {
    while (((await get(first.url, path)) as { read: number }).read < 1) await new Promise((r) => setTimeout(r, 200));
  });
  console.log(`indexed, in the background      ${indexed}`);
  await new Promise((r) => setTimeout(r, 1000));
  console.log(`server's memory, peak           ${await first.memory()}`);
  await first.stop();
  const again = await started(dir, join(root, "index"));
  console.log(`opened again (exact)            ${await timed(() => show(again.url))}`);
  const { values } = (await get(again.url, path)) as { values: Record<string, number[]> };
  console.log(`the one spike is in the curve   ${Math.max(...values["train/loss"]!) === 99}`);
  const middle = Math.floor(rows / 8);
  const zoom = `${path}&from=${middle - 500}&to=${middle + 500}`;
  console.log(`zoomed to 1 000 exact rows      ${await timed(() => get(again.url, zoom))}`);
  console.log(`server's memory, peak           ${await again.memory()}`);
  await again.stop();
}

async function panned(dir: string, root: string, count: number, view: string): Promise<void> {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
  if (executablePath === undefined) return console.log("\npanning: skipped, no Chromium");
  const { buildPage } = await import("../scripts/build-page.mjs");
  await buildPage();
  for (let seed = 1; seed <= count; seed++)
    writeSyntheticRun(dir, {
      seed,
      rows: 2000,
      lr: 5e-4 * 2 ** (seed % 6),
      outcome: "finished",
      arraysEvery: 0,
      events: [],
    });
  const server = await started(dir, join(root, "index"));
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const runs = Array.from({ length: count }, (_, i) => `run=20261123-090000-${String(i + 1).padStart(4, "0")}`).join(
    "&",
  );
  const opened = await timed(async () => {
    await page.goto(`${server.url}#${runs}&range=400..1400${view}`);
    await page.locator("#chart-loss canvas").first().waitFor();
  });
  const name = view === "" ? "grouped" : "overlaid";
  console.log(`\n${count} runs ${name}, opened        ${opened}`);
  const box = (await page.locator("#chart-loss .u-over").first().boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 50);
  await page.keyboard.down("Shift");
  await page.mouse.down();
  const frames = page.evaluate(
    "new Promise((done) => { let n = 0; const start = performance.now(); const next = () => { n++; const t = performance.now() - start; t < 2000 ? requestAnimationFrame(next) : done(n / t * 1000); }; requestAnimationFrame(next); })",
  );
  for (let i = 0; i < 120; i++) {
    await page.mouse.move(box.x + box.width / 2 + 150 * Math.sin(i / 10), box.y + 50);
    await page.waitForTimeout(8);
  }
  console.log(`${count} runs ${name}, panning       ${((await frames) as number).toFixed(0)} frames/s`);
  await page.mouse.up();
  await browser.close();
  await server.stop();
}

interface Server {
  readonly url: string;
  memory(): Promise<string>;
  /** Seconds of processor time so far. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

async function started(dir: string, indexFolder: string): Promise<Server> {
  const child = fork(fileURLToPath(import.meta.url), [dir, indexFolder], { execArgv: ["--import", "tsx/esm"] });
  const told = () =>
    new Promise<{ url: string; peak: number; cpu: number }>((heard) => child.once("message", (m) => heard(m as never)));
  const { url } = await told();
  return {
    url,
    async cpu() {
      const answer = told();
      child.send("cpu");
      return (await answer).cpu;
    },
    async memory() {
      const answer = told();
      child.send("memory");
      return `${Math.round((await answer).peak / 1e6)} MB`;
    },
    stop: () =>
      new Promise((gone) => {
        child.once("exit", () => gone());
        child.kill();
      }),
  };
}

async function get(url: string, path: string): Promise<unknown> {
  return (await fetch(new URL(path, url))).json();
}

async function timed(action: () => Promise<unknown>): Promise<string> {
  const start = performance.now();
  await action();
  const ms = performance.now() - start;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
