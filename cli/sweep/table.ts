/** `experiment sweep table`: what came of a plan, by groups of settings. */

import { columnTitles, type Estimate, type Results, resultsCsv, resultsOf } from "../../studies/sweep/results.ts";
import { valueText } from "../../studies/sweep/settings.ts";
import { jsonText, shortNumber } from "../numbers.ts";
import { bold, sanitise, table } from "../terminal.ts";
import { namedSweep, type PlanArguments } from "./open.ts";

type Arguments = PlanArguments & {
  readonly by: string | undefined;
  readonly metric: string;
  readonly best: "min" | "max";
  readonly csv: boolean;
  readonly json: boolean;
};

export async function tableCommand(args: Arguments): Promise<void> {
  const { sweep } = await namedSweep(args);
  const by = args.by?.split(",").filter(Boolean);
  const metrics = args.metric.split(",").filter(Boolean);
  const results = resultsOf(sweep, { ...(by && { by }), metrics, best: args.best });
  console.log(args.json ? jsonText(results) : args.csv ? resultsCsv(results) : resultsText(results));
}

function resultsText(results: Results): string {
  const { metrics, groups, notes } = results;
  const head = columnTitles(results).map((title) => bold(sanitise(title, 40)));
  const rows = groups.map(({ of, n, values }) => [
    ...of.map((value) => sanitise(valueText(value), 40)),
    String(n),
    ...metrics.map((metric) => estimateText(values[metric]!)),
  ]);
  const body = groups.length > 0 ? table([head, ...rows]) : "No run has finished yet.";
  return [body, ...notes.map((note) => `note: ${sanitise(note, 400)}`)].join("\n");
}

/** `2.31 [2.28, 2.34]`: the mean with its 95 % interval, where there is one. */
function estimateText({ value, low, high }: Estimate): string {
  return Number.isFinite(low)
    ? `${shortNumber(value)} [${shortNumber(low)}, ${shortNumber(high)}]`
    : shortNumber(value);
}
