/** Colours by lightness, chroma and hue as eyes see them (Ottosson 2020, OKLab), where a palette needs more than it has. */

/** `lightness` 0 to 1, `chroma` 0 to about 0.2 (reduced where a screen has none so strong), `hue` in degrees; as #rrggbb. */
export function oklch(lightness: number, chroma: number, hue: number): string {
  for (let c = chroma; ; c -= 0.01) {
    const rgb = linear(lightness, c * Math.cos((hue * Math.PI) / 180), c * Math.sin((hue * Math.PI) / 180));
    if (c > 0.01 && rgb.some((channel) => channel < 0 || channel > 1)) continue;
    return `#${rgb.map((channel) => byte(channel).toString(16).padStart(2, "0")).join("")}`;
  }
}

function linear(lightness: number, a: number, b: number): number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function byte(channel: number): number {
  const inside = Math.min(1, Math.max(0, channel));
  const curved = inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055;
  return Math.round(255 * curved);
}
