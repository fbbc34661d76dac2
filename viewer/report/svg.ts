/** The build's bundle of Vega (viewer/page/svg.ts), loaded when the first chart is drawn. */
import { existsSync } from "node:fs";
import { pageNotBuilt } from "../../core/errors/errors.ts";

type ToSvg = (spec: Record<string, unknown>, records: readonly object[]) => Promise<string>;

const bundle = new URL(import.meta.url.endsWith(".ts") ? "../../dist/viewer/svg.js" : "../svg.js", import.meta.url);
let drawn = 0;

/** The chart as SVG. Ids are made unique, so that many of these can stand in one document. */
export const toSvg: ToSvg = async (spec, records) => {
  if (!existsSync(bundle)) throw pageNotBuilt();
  const { toSvg: draw } = (await import(bundle.href)) as { toSvg: ToSvg };
  const svg = await draw(spec, records);
  const prefix = `c${++drawn}-`;
  return slim(svg)
    .replace(/(\sid=")/g, `$1${prefix}`)
    .replace(/url\((["']?)#/g, `url($1#${prefix}`)
    .replace(/(href=")#/g, `$1#${prefix}`);
};

/** Without what only a screen reader of single marks would use, and without digits that no printer shows. */
function slim(svg: string): string {
  return svg
    .replace(/\s(?:aria-[a-z]+|role)="[^"]*"/g, "")
    .replace(/\s(?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"/g, (attribute) =>
      attribute.replace(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
    )
    .replace(/\s(?:stroke-miterlimit="10"|pointer-events="none"|style="pointer-events: none;")/g, "");
}
