/** The viewer's page in a real browser, for tests; they are skipped by name where there is no Chromium. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { buildPage } from "../../scripts/build-page.mjs";
import { startViewer, type Viewer } from "../../viewer/server.ts";
import { useTempDir } from "./temp.ts";

const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const chromium = candidates.find((path) => path !== undefined && existsSync(path));
/** Screenshots of the main pages, for someone to look at; git ignores the folder. */
const artifacts = new URL("../../artifacts/viewer/", import.meta.url);

let built: Promise<void> | undefined;

/** Bundles the page once in a test process. */
export function pageBuilt(): Promise<void> {
  built ??= buildPage();
  return built;
}

/** What a browser test works with. */
export interface Stage {
  /** The folder of runs. */
  readonly root: string;
  readonly page: Page;
  /** Opens the page at a hash (`#run=…`) and waits for its heading. */
  open(hash?: string): Promise<void>;
  shot(name: string): Promise<void>;
  /** Errors that the page has met, the browser's own included (Content-Security-Policy, failed requests). */
  readonly troubles: string[];
}

/** A viewer over an empty folder and a page on it, fresh for each test of the suite that calls this. */
export function useStage(): () => Stage {
  let browser: Browser;
  let viewer: Viewer;
  let context: BrowserContext;
  let stage: Stage;
  const [dir, index] = [useTempDir(), useTempDir()];
  before(async function () {
    if (chromium === undefined) {
      process.stderr.write(`      skipped: ${this.test?.parent?.title}: no Chromium; install one or set CHROMIUM\n`);
      this.skip();
    }
    await pageBuilt();
    const { chromium: launcher } = await import("playwright-core");
    const quiet = [
      "no-first-run",
      "disable-gpu",
      "disable-quic",
      "disable-background-networking",
      "disable-component-update",
      "disable-sync",
    ];
    browser = await launcher.launch({
      executablePath: chromium,
      args: ["--no-sandbox", ...quiet.map((flag) => `--${flag}`)],
    });
  });
  beforeEach(async () => {
    const root = dir();
    viewer = await startViewer({ dir: root, indexFolder: index() });
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    const goTo = async (hash = "") => {
      await page.goto(`${viewer.url}${hash}`);
      await page.locator("h1, .problems").first().waitFor();
    };
    const shot = async (name: string) => {
      await mkdir(artifacts, { recursive: true });
      await page.screenshot({ path: new URL(`${name}.png`, artifacts).pathname });
    };
    stage = { root, page, open: goTo, shot, troubles };
  });
  afterEach(async () => {
    await context?.close();
    await viewer?.close();
  });
  after(async () => {
    await browser?.close();
  });
  return () => stage;
}
