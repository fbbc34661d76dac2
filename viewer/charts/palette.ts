/** Colours: layers in sequence, runs apart, both distinguishable with any colour vision. */
import { oklch } from "./oklch.ts";

export type Theme = "light" | "dark";

/** What a chart is drawn with besides its data's colours. */
export interface Ink {
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
}

export const inks: Readonly<Record<Theme, Ink>> = {
  light: { background: "#ffffff", text: "#1c2024", faint: "#5d666f", grid: "#e6e9ec" },
  dark: { background: "#16191d", text: "#e8eaed", faint: "#a2abb4", grid: "#2b3036" },
};

/** Viridis (van der Walt & Smith 2015), at ninths: even in lightness, readable with colour-blind eyes and in print. */
const viridis = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

/** The part of viridis that stands out from the background: no yellow on white, no violet on black. */
export const layerExtent: Readonly<Record<Theme, readonly [number, number]>> = { light: [0, 0.82], dark: [0.42, 1] };

/** The colour of one layer of `count`: dark to bright, first to last. */
export function layerColour(layer: number, count: number, theme: Theme): string {
  return viridisBetween(count <= 1 ? 0.5 : layer / (count - 1), theme);
}

/** After Okabe & Ito 2008, its yellow left out (too faint on white), a brown and a grey added. */
const apart: Readonly<Record<Theme, readonly string[]>> = {
  light: ["#0067a6", "#c24e00", "#007f5c", "#b0558a", "#2f8fc4", "#a87000", "#6a4a9c", "#5f6770"],
  dark: ["#5ab4ec", "#f08a4b", "#35c496", "#e29cc4", "#9ad2f4", "#eab64a", "#b79ce6", "#b4bcc4"],
};

/** The colour of the i-th of a few things; repeats after eight. */
export function runColour(index: number, theme: Theme): string {
  const colours = apart[theme];
  return colours[index % colours.length]!;
}

/** Colours for `count` things. Above eight, hues at the golden angle in three lightnesses: no two are the same. */
export function apartColours(count: number, theme: Theme): readonly string[] {
  if (count <= apart[theme].length) return apart[theme].slice(0, count);
  const lightness = theme === "light" ? [0.52, 0.62, 0.42] : [0.74, 0.84, 0.64];
  return Array.from({ length: count }, (_, i) => oklch(lightness[i % 3]!, 0.15, (240 + i * 137.508) % 360));
}

/** The colour at a share of the sequential scale, 0 to 1. */
export function viridisBetween(share: number, theme: Theme): string {
  const [from, to] = layerExtent[theme];
  return between(viridis, from + (to - from) * Math.min(1, Math.max(0, share)));
}

/** Line patterns that tell runs apart where colour is the layer. */
export const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

function between(stops: readonly string[], share: number): string {
  const at = share * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const mix = at - low;
  const channel = (hex: string, i: number) => Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  const parts = [0, 1, 2].map((i) =>
    Math.round(channel(stops[low]!, i) * (1 - mix) + channel(stops[low + 1]!, i) * mix),
  );
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
