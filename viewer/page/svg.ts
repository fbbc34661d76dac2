/** Bundled for reports: Vega-Lite to SVG text without a browser. No spec can fetch anything, and none is evaluated as code. */
import { type Loader, parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { tableName } from "../charts/spec.ts";
import { showsMarks } from "./marks.ts";

const refuse = () => Promise.reject(new Error("charts may not load anything"));
/** Answers every request for a file, an address, an image or a link with a refusal. */
export const noLoader = { load: refuse, sanitize: refuse, http: refuse, file: refuse } as unknown as Loader;

/** The chart as an SVG document; empty where no mark of it is seen. */
export async function toSvg(spec: Record<string, unknown>, records: readonly object[]): Promise<string> {
  const { spec: compiled } = compile(spec as unknown as TopLevelSpec, { logger: silent });
  const view = new View(parse(compiled, undefined, { ast: true }), {
    expr: expressionInterpreter,
    loader: noLoader,
    renderer: "none",
  });
  try {
    view.data(tableName, [...records]);
    const svg = await view.toSVG();
    return showsMarks(view) ? svg : "";
  } finally {
    view.finalize();
  }
}

const silent = {
  level: () => silent,
  warn: () => silent,
  info: () => silent,
  debug: () => silent,
  error: () => silent,
};
