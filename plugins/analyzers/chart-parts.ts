/** Pieces that the analyzers' Vega-Lite specs share. */

/** Training tokens along x, on a logarithmic scale. */
export const tokensAxis = {
  field: "tokens",
  type: "quantitative",
  scale: { type: "log" },
  title: "training tokens",
} as const;

/** Layers by colour, dark to light from first to last: depth is ordered, so the scheme is sequential. */
export const layerColour = {
  field: "layer",
  type: "ordinal",
  scale: { scheme: "viridis" },
  title: "layer",
} as const;

/** A share in percent along y. */
export function percentAxis(title: string) {
  return { field: "value", type: "quantitative", axis: { format: "~%" }, title } as const;
}

/** One line a layer over training tokens. */
export function layerLines(title: string, axis: object = { field: "value", type: "quantitative", title }) {
  return {
    mark: { type: "line", interpolate: "linear" },
    encoding: { x: tokensAxis, y: axis, color: layerColour, detail: { field: "run" } },
  } as const;
}

/** The same of `metric` with a band from `metric_low` to `metric_high`, where both ends are finite. */
export function layerBand(metric: string, title: string) {
  const ends = [`${metric}_low`, `${metric}_high`] as const;
  const finite = ends.map((end) => `isValid(datum.${end}) && isFinite(datum.${end})`).join(" && ");
  return {
    transform: [{ pivot: "metric", value: "value", groupby: ["run", "tokens", "layer"] }],
    encoding: { x: tokensAxis, color: layerColour, detail: { field: "run" } },
    layer: [
      {
        transform: [{ filter: finite }],
        mark: { type: "area", opacity: 0.15 },
        encoding: {
          y: { field: ends[0], type: "quantitative", scale: { zero: false }, title },
          y2: { field: ends[1] },
        },
      },
      { mark: "line", encoding: { y: { field: metric, type: "quantitative" } } },
    ],
  };
}
