/** A report as one picture: the numbers that matter most, then every chart, two beside one another. */
import { pngUnavailable, reasonOf } from "../../core/errors/errors.ts";
import type { ReportDocument } from "./document.ts";
import { escaped } from "./html.ts";
import { estimateText } from "./numbers.ts";

const margin = 28;
const column = 640;
const gap = 24;
const captionHeight = 26;
const lineHeight = 20;
const mostLines = 16;
/** Of an SVG, before it is enlarged. */
const mostPixels = 50e6;

/** What stands in a picture. */
export type Pictured = Pick<ReportDocument, "title" | "headline" | "charts" | "runs">;

/** All of it as one SVG. */
export function reportSvg({ title, headline, charts, runs }: Pictured): string {
  const lines = headline
    .slice(0, mostLines)
    .map(({ key, estimates }) => `${key}:  ${estimates.map(estimateText).join("   |   ")}`);
  const parts = title === "" ? [] : [text(margin, margin + 18, title, 20, 600)];
  let top = margin + (title === "" ? -12 : 44);
  if (runs.length > 1) lines.unshift(runs.map(({ shown }) => shown.label).join("   |   "));
  for (const line of lines) {
    parts.push(text(margin, top, line, 13));
    top += lineHeight;
  }
  top += 12;
  const pictures = charts.flatMap(({ title: name, pictures: drawn }) =>
    drawn.map(({ caption, svg }) => ({ name: caption === "" ? name : `${name}: ${caption}`, svg, ...sizeOf(svg) })),
  );
  const bottoms = [top, top];
  for (const { name, svg, width, height } of pictures) {
    const side = bottoms[0]! <= bottoms[1]! ? 0 : 1;
    const scale = Math.min(1, column / width);
    const [x, y] = [margin + side * (column + gap), bottoms[side]!];
    parts.push(text(x, y + 16, name, 14, 600));
    parts.push(
      svg
        .replace(/<svg /, `<svg x="${x}" y="${y + captionHeight}" `)
        .replace(/ width="[\d.]+" height="[\d.]+"/, ` width="${width * scale}" height="${height * scale}"`),
    );
    bottoms[side] = y + captionHeight + height * scale + gap;
  }
  const columns = Math.min(2, Math.max(1, pictures.length));
  const [width, height] = [2 * margin + columns * column + (columns - 1) * gap, Math.max(...bottoms) + margin];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="#ffffff"/>${parts.join("\n")}</svg>`;
}

/** A picture of pixels. */
export interface Png {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Turns SVG into PNG. */
export type Rasteriser = (svg: string) => Png;

/**
 * The rasteriser, at one and a half times the size that an SVG gives itself. Throws `usage` where the optional package is missing;
 * what it returns throws for a picture that is too large for memory.
 */
export async function loadRasteriser(): Promise<Rasteriser> {
  let Resvg: typeof import("@resvg/resvg-js").Resvg;
  try {
    ({ Resvg } = await import("@resvg/resvg-js"));
  } catch (thrown) {
    throw pngUnavailable(reasonOf(thrown));
  }
  return (svg) => {
    const size = sizeOf(svg);
    if (!(size.width * size.height <= mostPixels)) throw new Error(`it is ${size.width} by ${size.height} pixels`);
    const options = { fitTo: { mode: "zoom", value: 1.5 }, font: { loadSystemFonts: true } } as const;
    const image = new Resvg(withRealFonts(svg), options).render();
    return { png: image.asPng(), width: image.width, height: image.height };
  };
}

/** A report as PNG. Throws `usage` where the optional rasteriser is missing. */
export async function reportPng(document: Pictured): Promise<Uint8Array> {
  const rasterise = await loadRasteriser();
  return rasterise(reportSvg(document)).png;
}

/** Outside a browser `system-ui` means nothing: names of fonts that systems have. */
function withRealFonts(svg: string): string {
  return svg.replaceAll("system-ui, sans-serif", fonts);
}

const fonts = "Inter, Helvetica Neue, Segoe UI, Arial, Liberation Sans, DejaVu Sans, Noto Sans, sans-serif";

function text(x: number, y: number, content: string, size: number, weight = 400): string {
  const plain = content.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " "); // XML has no place for them
  const words = plain.length > 170 ? `${plain.slice(0, 169)}…` : plain;
  return `<text x="${x}" y="${y}" font-family="system-ui, sans-serif" font-size="${size}" font-weight="${weight}" fill="#1c2024" xml:space="preserve">${escaped(words)}</text>`;
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width = "640", height = "300"] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}
