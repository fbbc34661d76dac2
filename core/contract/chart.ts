/** Part of the contract: the charts that an analyzer declares. */

/** A Vega-Lite spec without data, and a word on which data it wants. `M` are the metrics of the plugin. */
export type Chart<M extends string = string> = ChartCommon &
  (
    | {
        readonly data: "scalars" | "arrays";
        /** Only these metrics; default all of the plugin's. */
        readonly only?: readonly M[];
      }
    | {
        readonly data: "events";
        /** Only these kinds of event; default all of the plugin's. */
        readonly only?: readonly string[];
      }
  );

/** What all charts have. */
interface ChartCommon {
  /** kebab-case, unique in the plugin. */
  readonly id: string;
  readonly title: string;
  /** How to read it, in a sentence or two. */
  readonly description: string;
  /**
   * The table that the viewer binds to the spec:
   * - `scalars`: one record for each number: `{ run, step, tokens, time, metric, layer, value }`, `layer` null where there is none;
   * - `arrays`: one record for each element: `{ run, step, tokens, metric, layer, row, index, value }`, `row` null for vectors;
   * - `events`: one record for each event: `{ run, step, tokens, kind, ...data }`.
   */
  readonly data: "scalars" | "arrays" | "events";
  /** For arrays: the steps to show, `all` by default. */
  readonly steps?: "all" | "first-and-last" | "last";
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A chart with the section of the plugin that declared it. */
export type DeclaredChart = Chart & { readonly section: string };
