/** The names of a chart's lines as a picture of its own, where several panels share them. */
import type { Line } from "../charts/line-spec.ts";
import { tableName, themeConfig } from "../charts/spec.ts";
import { toSvg } from "./svg.ts";

/** Fits a phone as it is. */
const width = 340;
const row = 18;
const stroke = 18;
/** Pixels that a letter takes, about; names are cut at so many. */
const letter = 6.6;
const mostLetters = 44;

/** In columns, in the order of the lines. */
export function legendPicture(lines: readonly Pick<Line, "label" | "colour" | "dash">[]): Promise<string> {
  const labels = lines.map(({ label }) => (label.length > mostLetters ? `${label.slice(0, mostLetters - 1)}…` : label));
  const column = Math.max(...labels.map(({ length }) => length)) * letter + stroke + 24;
  const columns = Math.max(1, Math.floor(width / column));
  const records = lines.map(({ colour, dash }, i) => {
    const left = (i % columns) * column;
    const dashes = dash.length > 0 ? dash : [1, 0];
    return {
      left,
      right: left + stroke,
      words: left + stroke + 6,
      y: (Math.floor(i / columns) + 0.5) * row,
      colour,
      dashes,
      label: labels[i],
    };
  });
  const pixels = (field: string) => ({ field, type: "quantitative", scale: null, axis: null });
  const y = pixels("y");
  const own = (field: string) => ({ field, type: "nominal", scale: null });
  const spec = {
    data: { name: tableName },
    width,
    height: Math.ceil(lines.length / columns) * row,
    padding: 0,
    background: null,
    config: themeConfig("light"),
    layer: [
      {
        mark: { type: "rule", strokeWidth: 2.5 },
        encoding: { x: pixels("left"), x2: { field: "right" }, y, color: own("colour"), strokeDash: own("dashes") },
      },
      {
        mark: { type: "text", align: "left", baseline: "middle", fontSize: 12 },
        encoding: { x: pixels("words"), y, text: { field: "label" } },
      },
    ],
  };
  return toSvg(spec, records);
}
