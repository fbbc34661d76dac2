/** Loaded when the first chart that needs it comes into view: Vega and Vega-Lite, without `eval` and without a loader. */
import { type LoggerInterface, parse, type Spec as VegaSpec, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { exact } from "../charts/format.ts";
import { tableName } from "../charts/spec.ts";
import { showsMarks } from "./marks.ts";
import { noLoader, shownIn, toSvg } from "./svg.ts";
import { hideTip, showFacts } from "./tip.ts";

export { toSvg };

/** A chart on the page. */
export interface Drawn {
  update(records: readonly object[]): Promise<void>;
  /** Whether anything is seen of it but its frame. */
  shows(): boolean;
  toCanvas(scale: number): Promise<HTMLCanvasElement>;
  toSVG(): Promise<string>;
  destroy(): void;
}

/** Draws a spec into an element. Throws what Vega-Lite has to say about a spec that is wrong. */
export async function draw(
  element: HTMLElement,
  spec: Record<string, unknown>,
  records: readonly object[],
  label: string,
  pick?: (record: Readonly<Record<string, unknown>>) => void,
): Promise<Drawn> {
  element.tabIndex = 0; // what is wider than its card can be scrolled by keys
  const open = (compiled: VegaSpec, logger: LoggerInterface): View => {
    element.replaceChildren();
    const view = new View(parse(compiled, undefined, { ast: true }), {
      expr: expressionInterpreter,
      loader: noLoader,
      renderer: "canvas",
      container: element,
      hover: true,
      logger,
    });
    view.description(label);
    view.tooltip((_, event, __, value) => {
      if (value === null || value === undefined || value === "") return hideTip();
      const { clientX, clientY } = event as MouseEvent;
      showFacts({ left: clientX, top: clientY }, facts(value));
    });
    if (pick)
      view.addEventListener("click", (_, item) => {
        const datum: unknown = item?.datum;
        if (typeof datum === "object" && datum !== null) pick(datum as Record<string, unknown>);
      });
    return view;
  };
  let shown = await shownIn(spec, records, open);
  return {
    async update(next) {
      const { view, whole, problems } = shown;
      if (whole) {
        view.data(tableName, [...next]);
        await view.runAsync();
        if (problems.length > 0) throw new Error(problems[0]);
        return;
      }
      view.finalize();
      shown = await shownIn(spec, next, open);
    },
    shows: () => showsMarks(shown.view),
    toCanvas: (scale) => shown.view.toCanvas(scale) as unknown as Promise<HTMLCanvasElement>,
    toSVG: () => shown.view.toSVG(),
    destroy() {
      shown.view.finalize();
      element.replaceChildren();
    },
  };
}

const internal = new Set(["run", "time"]);

function facts(value: unknown): (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [["", String(value)]];
  return Object.entries(value)
    .filter(([name, one]) => !internal.has(name) && one !== null && typeof one !== "object")
    .map(([name, one]) => [name, typeof one === "number" ? exact(one) : String(one)] as const);
}
