/** What a chart says on its canvas, which is found nowhere else. Needs the DOM's types: see viewer/page/tsconfig.json. */
import type { Page } from "playwright-core";

export interface CanvasWord {
  readonly text: string;
  /** Where it begins and ends across, and its middle's height, in canvas pixels. */
  readonly from: number;
  readonly to: number;
  readonly y: number;
}

declare global {
  interface Window {
    canvasWords: Map<HTMLCanvasElement, CanvasWord[]>;
  }
}

/** Keeps what is written on canvases until each is cleared. To be called before the page is opened. */
export async function keepWords(page: Page): Promise<void> {
  await page.addInitScript("globalThis.__name = (named) => named"); // which esbuild puts into functions
  await page.addInitScript(() => {
    window.canvasWords = new Map();
    const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
    Object.assign(CanvasRenderingContext2D.prototype, {
      fillText(this: CanvasRenderingContext2D, text: string, x: number, y: number) {
        const from = this.textAlign === "left" ? x : Number.NaN;
        const word = { text, from, to: from + this.measureText(text).width, y };
        window.canvasWords.set(this.canvas, [...(window.canvasWords.get(this.canvas) ?? []), word]);
        fillText.call(this, text, x, y);
      },
      clearRect(this: CanvasRenderingContext2D, x: number, y: number, width: number, height: number) {
        window.canvasWords.delete(this.canvas);
        clearRect.call(this, x, y, width, height);
      },
    });
  });
}

/** The words of a chart's first canvas once one of them is `awaited`, and how wide the canvas is. */
export async function wordsOf(
  page: Page,
  chart: string,
  awaited: string,
): Promise<{ words: CanvasWord[]; width: number }> {
  const found = await page.waitForFunction(
    ([name, text]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`#chart-${name} canvas`);
      const words = (canvas && window.canvasWords.get(canvas)) ?? [];
      return canvas && words.some((word) => word.text === text) && { words, width: canvas.width };
    },
    [chart, awaited] as const,
  );
  return (await found.jsonValue()) as { words: CanvasWord[]; width: number };
}
