/**
 * Makes the README's pictures from a real run: `node --import tsx/esm scripts/pictures.ts RUN_DIRECTORY`. Needs a build.
 * Train one first: `experiment train --set analyzers=[token-sparsity,batch-union-sparsity,layer-contrast,neuron-death]`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ReportChart } from "../viewer/report/charts.ts";
import { reportDocument } from "../viewer/report/document.ts";
import { reportPng } from "../viewer/report/picture.ts";

/** File name to the charts on it, by section and id. */
const pictures: Readonly<Record<string, readonly string[]>> = {
  "loss-and-use": ["training/loss", "token_sparsity/use-token"],
  deaths: ["neuron_death/raster"],
};

const [run] = process.argv.slice(2);
if (run === undefined) throw new Error("usage: pictures.ts RUN_DIRECTORY");
const document = await reportDocument([resolve(run)], Date.now());
const folder = new URL("../docs/pictures/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, wanted] of Object.entries(pictures)) {
  const charts = wanted.flatMap((id): ReportChart[] =>
    document.charts.filter((one) => `${one.section}/${one.id}` === id),
  );
  if (charts.length !== wanted.length) throw new Error(`${run}: expected charts ${wanted.join(", ")}`);
  const png = await reportPng({ ...document, title: "", headline: [], charts });
  await writeFile(new URL(`${name}.png`, folder), png);
  console.log(`docs/pictures/${name}.png: ${Math.round(png.length / 1024)} KiB`);
}
