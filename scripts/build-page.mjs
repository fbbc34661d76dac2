/** Bundles viewer/page into dist/viewer/page, and the drawing of charts without a browser into dist/viewer/svg.js. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Makes everything of the viewer that a browser or a report needs. */
export async function buildPage() {
  await rm(path("dist/viewer/page"), { recursive: true, force: true });
  await mkdir(path("dist/viewer/page"), { recursive: true });
  const common = { bundle: true, format: "esm", minify: true, legalComments: "linked", logLevel: "warning" };
  await Promise.all([
    // Vega is a chunk of its own: the list of runs opens without it.
    build({
      ...common,
      entryPoints: [path("viewer/page/main.ts"), path("viewer/page/style.css")],
      outdir: path("dist/viewer/page"),
      platform: "browser",
      target: "es2022",
      splitting: true,
    }),
    build({
      ...common,
      entryPoints: [path("viewer/page/svg.ts")],
      outfile: path("dist/viewer/svg.js"),
      platform: "node",
      target: "node20",
      // vega-canvas asks for node-canvas to measure text and goes on without it.
      external: ["canvas"],
    }),
    copyFile(path("viewer/page/index.html"), path("dist/viewer/page/index.html")),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
