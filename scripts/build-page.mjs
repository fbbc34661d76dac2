/** Bundles viewer/page into dist/viewer/page, and the drawing of charts without a browser into dist/viewer/svg.js. */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Makes everything of the viewer that a browser or a report needs. */
export async function buildPage() {
  await rm(path("dist/viewer/page"), { recursive: true, force: true });
  await mkdir(path("dist/viewer/page"), { recursive: true });
  const common = {
    absWorkingDir: path(""),
    bundle: true,
    format: "esm",
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  };
  const bundles = await Promise.all([
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
  ]);
  await copyFile(path("viewer/page/index.html"), path("dist/viewer/page/index.html"));
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  await writeFile(path("dist/viewer/LICENSES.txt"), await licenses(inputs));
}

/** The licence of every package that is in the bundles: each asks to be kept with what is made of it. */
async function licenses(inputs) {
  const found = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  const texts = [];
  for (const name of [...new Set(found)].sort()) {
    const folder = path(`node_modules/${name}`);
    const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? "" : await readFile(`${folder}/${file}`, "utf8");
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
