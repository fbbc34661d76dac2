/** Bundled for reports: Vega-Lite to SVG text without a browser. No spec can fetch anything, and none is evaluated as code. */
import { type Loader, type LoggerInterface, parse, type Spec as VegaSpec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { tableName, withoutParts } from "../charts/spec.ts";
import { emptyParts, showsMarks } from "./marks.ts";
import { seamless } from "./seamless.ts";
import "./axis-ticks.ts";
import "./bounded-transforms.ts";

const refuse = () => Promise.reject(new Error("charts may not load anything"));
/** Answers every request for a file, an address, an image or a link with a refusal. */
export const noLoader = { load: refuse, sanitize: refuse, http: refuse, file: refuse } as unknown as Loader;

/** A logger that keeps what goes wrong: Vega tells it, and goes on with what is left. */
function troubles(): { readonly problems: readonly string[]; readonly logger: LoggerInterface } {
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

/** A chart that has run, and whether all of it is shown. */
export interface Shown {
  readonly view: View;
  readonly whole: boolean;
  /** What Vega says is wrong; more may come when it runs again. */
  readonly problems: readonly string[];
}

/**
 * Runs a spec over records in the view that `open` makes of it. Of a chart in parts, those without values are left out, and a line
 * says so. Throws what Vega has to say about a spec that is wrong.
 */
export async function shownIn(
  spec: Record<string, unknown>,
  records: readonly object[],
  open: (compiled: VegaSpec, logger: LoggerInterface) => View,
): Promise<Shown> {
  const { problems, logger } = troubles();
  const view = open(seamless(compile(spec as unknown as TopLevelSpec, { logger }).spec), logger);
  view.data(tableName, [...records]);
  await view.runAsync();
  if (problems.length > 0) {
    view.finalize();
    throw new Error(problems[0]);
  }
  const rest = withoutParts(spec, emptyParts(view));
  if (!rest) return { view, whole: true, problems };
  view.finalize();
  return { ...(await shownIn(rest, records, open)), whole: false };
}

/** The chart as an SVG document; empty where no mark of it is seen. Throws what Vega has to say about a spec that is wrong. */
export async function toSvg(spec: Record<string, unknown>, records: readonly object[]): Promise<string> {
  const { view } = await shownIn(spec, records, (compiled, logger) => {
    const runtime = parse(compiled, undefined, { ast: true });
    return new View(runtime, { expr: expressionInterpreter, loader: noLoader, renderer: "none", logger });
  });
  try {
    return showsMarks(view) ? await view.toSVG() : "";
  } finally {
    view.finalize();
  }
}
