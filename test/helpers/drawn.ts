/** Waits for charts on the viewer's page. Needs the DOM's types: see viewer/page/tsconfig.json. */
import type { Page } from "playwright-core";

/** Waits for a chart's lines or marks: its canvas holds anything but its background. */
export async function drawn(page: Page, id: string): Promise<void> {
  await page.locator(`#chart-${id}`).evaluate((element) => element.scrollIntoView({ block: "nearest" }));
  await page.locator(`#chart-${id} canvas`).first().waitFor();
  await page.waitForFunction((name) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#chart-${name} canvas`);
    if (canvas === null || canvas.clientWidth <= 50) return false;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set<number>();
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3]! > 200) colours.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
    return colours.size > 3;
  }, id);
}
