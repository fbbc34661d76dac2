/** Bundled for reports: Vega-Lite to SVG text without a browser. No spec can fetch anything, and none is evaluated as code. */
import { type Loader, type LoggerInterface, parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { tableName } from "../charts/spec.ts";
import { showsMarks } from "./marks.ts";
import "./bounded-transforms.ts";

const refuse = () => Promise.reject(new Error("charts may not load anything"));
/** Answers every request for a file, an address, an image or a link with a refusal. */
export const noLoader = { load: refuse, sanitize: refuse, http: refuse, file: refuse } as unknown as Loader;

/** A logger that keeps what goes wrong: Vega tells it, and goes on with what is left. */
export function troubles(): { readonly problems: readonly string[]; readonly logger: LoggerInterface } {
  const problems: string[] = [];
  const quiet = () => logger;
  const logger = {
    level: quiet,
    warn: quiet,
    info: quiet,
    debug: quiet,
    error(...words: readonly unknown[]) {
      problems.push(words.map((word) => (word instanceof Error ? word.message : String(word))).join(" "));
      return logger;
    },
  } as unknown as LoggerInterface;
  return { problems, logger };
}

/** The chart as an SVG document; empty where no mark of it is seen. Throws what Vega has to say about a spec that is wrong. */
export async function toSvg(spec: Record<string, unknown>, records: readonly object[]): Promise<string> {
  const { problems, logger } = troubles();
  const { spec: compiled } = compile(spec as unknown as TopLevelSpec, { logger });
  const view = new View(parse(compiled, undefined, { ast: true }), {
    expr: expressionInterpreter,
    loader: noLoader,
    renderer: "none",
    logger,
  });
  try {
    view.data(tableName, [...records]);
    await view.runAsync();
    if (problems.length > 0) throw new Error(problems[0]);
    const svg = await view.toSVG();
    return showsMarks(view) ? svg : "";
  } finally {
    view.finalize();
  }
}
