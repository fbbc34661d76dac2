/** Colours: layers in sequence, runs apart, both distinguishable with any colour vision. */

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
  const [from, to] = layerExtent[theme];
  const share = count <= 1 ? 0.5 : Math.min(1, layer / (count - 1));
  return between(viridis, from + (to - from) * share);
}

/** After Okabe & Ito 2008, its yellow left out (too faint on white), a brown and a grey added. */
const apart: Readonly<Record<Theme, readonly string[]>> = {
  light: ["#0067a6", "#c24e00", "#007f5c", "#b0558a", "#2f8fc4", "#a87000", "#6a4a9c", "#5f6770"],
  dark: ["#5ab4ec", "#f08a4b", "#35c496", "#e29cc4", "#9ad2f4", "#eab64a", "#b79ce6", "#b4bcc4"],
};

/** The colour of the i-th run of a comparison; repeats after eight. */
export function runColour(index: number, theme: Theme): string {
  const colours = apart[theme];
  return colours[index % colours.length]!;
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
