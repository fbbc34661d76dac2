/** The page's own files, read once: a request can name these and nothing else on the disk. */
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { pageNotBuilt } from "../core/errors/errors.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** What the build has made of viewer/page, also when the server itself runs from its sources. */
export const builtFolder = new URL(
  import.meta.url.endsWith(".ts") ? "../dist/viewer/page/" : "./page/",
  import.meta.url,
);

/** Path to file. Throws `internal` when the page has not been built. */
export async function loadAssets(folder: URL = builtFolder): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder).catch(() => []);
  const assets = new Map<string, Asset>();
  for (const name of names) {
    const type = types[extname(name)];
    if (type !== undefined) assets.set(`/${name}`, { type, body: await readFile(new URL(name, folder)) });
  }
  const index = assets.get("/index.html");
  if (!index) throw pageNotBuilt();
  return assets.set("/", index);
}
