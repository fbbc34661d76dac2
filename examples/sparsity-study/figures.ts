/** The page's figures, drawn by Vega-Lite to SVG. */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Course, Summary } from "./summary.ts";

/** File name to SVG. */
export async function figures(summary: Summary): Promise<Readonly<Record<string, string>>> {
  return {
    "use-token.svg": await drawn(courseSpec(summary.useTokenCourse, "units used per token")),
    "use-batch.svg": await drawn(courseSpec(summary.useBatchCourse, "units used per batch of 1024 tokens")),
    "grid.svg": await drawn(gridSpec(summary)),
    "contrast.svg": await drawn(contrastSpec(summary)),
    "overlap.svg": await drawn(overlapSpec(summary)),
  };
}

async function drawn(spec: object): Promise<string> {
  const full = { background: "white", ...spec } as unknown as TopLevelSpec;
  const view = new vega.View(vega.parse(compile(full).spec), { renderer: "none" });
  await view.runAsync();
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

const layerColour = { field: "layer", type: "ordinal", scale: { scheme: "viridis" }, title: "layer" };

function courseSpec({ tokens, layers }: Course, title: string) {
  const values = layers.flatMap((course, layer) => course.map((use, i) => ({ layer, tokens: tokens[i], use })));
  return {
    width: 420,
    height: 260,
    data: { values },
    mark: "line",
    encoding: {
      x: { field: "tokens", type: "quantitative", scale: { type: "log" }, title: "training tokens" },
      y: { field: "use", type: "quantitative", axis: { format: "~%" }, title },
      color: layerColour,
    },
  };
}

function gridSpec({ cells }: Summary) {
  const values = cells.flatMap(({ lr, initScale, useBatch }) =>
    useBatch.map((use, layer) => ({ lr: lr.toExponential(), initScale: `initial scale ${initScale}`, layer, use })),
  );
  return {
    data: { values },
    facet: { field: "initScale", type: "nominal", title: null },
    spec: {
      width: 240,
      height: 240,
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "layer", type: "ordinal", title: "layer" },
        y: {
          field: "use",
          type: "quantitative",
          scale: { domain: [0, 1] },
          axis: { format: "~%" },
          title: "used per batch",
        },
        color: { field: "lr", type: "ordinal", sort: null, scale: { scheme: "oranges" }, title: "learning rate" },
      },
    },
  };
}

function contrastSpec({ contrast }: Summary) {
  const values = contrast.statistics.map(({ statistic, delta }) => ({ statistic, ...delta }));
  return {
    width: 420,
    height: { step: 22 },
    data: { values },
    encoding: { y: { field: "statistic", type: "nominal", sort: null, title: null } },
    layer: [
      {
        mark: { type: "rule", color: "#999" },
        encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: "height" } },
      },
      {
        mark: "rule",
        encoding: {
          x: { field: "low", type: "quantitative", title: "last - first layer, log odds" },
          x2: { field: "high" },
        },
      },
      { mark: { type: "point", filled: true }, encoding: { x: { field: "value", type: "quantitative" } } },
    ],
  };
}

function overlapSpec({ overlap }: Summary) {
  const values = overlap.layers.map(({ layer, overlap: { lift } }) => ({ layer, lift }));
  return {
    width: 420,
    height: 240,
    data: { values: values.filter(({ lift }) => Number.isFinite(lift)) },
    layer: [
      {
        mark: "bar",
        encoding: {
          x: { field: "layer", type: "ordinal", title: "layer" },
          y: { field: "lift", type: "quantitative", title: "overlap of newly silent units, observed / expected" },
        },
      },
      { mark: { type: "rule", strokeDash: [4, 4] }, encoding: { y: { datum: 1 } } },
    ],
  };
}
