/** A report's looks, light and dark. Charts are drawn in light inks; in the dark, rules by colour put others in their place. */
import { inks, runColour } from "../charts/palette.ts";

const swaps: readonly (readonly [string, string])[] = [
  [inks.light.text, inks.dark.text],
  [inks.light.faint, inks.dark.faint],
  [inks.light.grid, inks.dark.grid],
  ...Array.from({ length: 8 }, (_, i) => [runColour(i, "light"), runColour(i, "dark")] as const),
  // The dark end of viridis, which a dark page would swallow.
  ["#440154", "#7a4b94"],
];

const dark = swaps
  .flatMap(([from, to]) => ["fill", "stroke"].map((what) => `  svg [${what}="${from}" i] { ${what}: ${to}; }`))
  .join("\n");

export const style = `
:root { color-scheme: light dark; --background: #fff; --text: #1c2024; --quiet: #5d666f; --line: #e1e5e8; --sunk: #f5f7f8; }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: var(--text); background: var(--background); }
main { max-width: 1360px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 30px 0 8px; }
h3 { font-size: 14px; margin: 0; }
h4 { font-size: 12px; margin: 6px 0 2px; color: var(--quiet); }
p { margin: 2px 0 6px; max-width: 90ch; }
.quiet, figcaption p { color: var(--quiet); font-size: 12.5px; }
.problems { border-left: 3px solid #c0272d; background: var(--sunk); padding: 8px 12px 8px 28px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); gap: 18px 24px; align-items: start; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure.whole-row { grid-column: 1 / -1; }
figure svg { max-width: 100%; height: auto; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); gap: 8px 16px; }
.findings { margin: 4px 0; padding-left: 18px; max-width: 100ch; }
.findings li { margin: 0 0 6px; font-variant-numeric: tabular-nums; }
.pictures > div { min-width: 0; }
details { margin: 14px 0; }
summary { cursor: pointer; font-size: 15px; font-weight: 600; }
dl { margin: 4px 0; font-size: 12.5px; max-width: 110ch; }
dt { font-weight: 600; }
dd { margin: 0 0 4px; color: var(--quiet); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12.5px; }
th, td { text-align: left; vertical-align: top; font-weight: normal; padding: 3px 16px 3px 0; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
td { max-width: 46ch; overflow-wrap: break-word; }
td.number, td.number * { white-space: nowrap; }
tbody th { white-space: nowrap; }
thead th { color: var(--quiet); }
.differs th, .differs td { font-weight: 600; }
@media screen and (prefers-color-scheme: dark) {
  :root { --background: ${inks.dark.background}; --text: ${inks.dark.text}; --quiet: ${inks.dark.faint}; --line: ${inks.dark.grid}; --sunk: #1c2025; }
${dark}
}
@media screen and (width < 600px) {
  .pictures > div { overflow-x: auto; }
  .broad svg { max-width: 460px; }
}
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10.5px; }
  table { font-size: 9.5px; }
  h2, summary { break-after: avoid; }
  tr { break-inside: avoid; }
  .grid { grid-template-columns: 1fr 1fr; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
