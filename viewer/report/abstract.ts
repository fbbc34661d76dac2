/** What was run, in a few sentences made of what the runs have on record. */
import { grouped, si } from "../charts/format.ts";
import { differingKeys } from "../charts/subjects.ts";
import { valueText } from "./numbers.ts";
import type { ReportRun } from "./report-run.ts";

/** More values than this are told by their number and their ends. */
const mostValues = 6;

export function abstractOf(runs: readonly ReportRun[], by: readonly string[]): readonly string[] {
  const details = runs.map(({ detail }) => detail);
  const [first] = details;
  if (!first) return [];
  const sentences: string[] = [];
  const configs = details.map(({ config }) => config);
  if (runs.length > 1) {
    const differing = differingKeys(configs).filter((key) => key !== "name");
    const varied = differing.map((key) => `${key} (${valuesOf(configs.map((config) => config[key]))})`);
    sentences.push(
      `${runs.length} runs that differ in ${varied.length === 0 ? "nothing but their names" : varied.join(", ")}.`,
    );
    if (by.length > 0)
      sentences.push(`They are grouped by ${by.join(" and ")}; intervals are over the runs of a group.`);
  }
  const { model, summary, tokensPerStep } = first;
  const same = (tell: (detail: (typeof details)[number]) => unknown) =>
    details.every((one) => tell(one) === tell(first));
  if (model && same((one) => JSON.stringify(one.model)))
    sentences.push(
      `A transformer of ${model.n_layers} layers, d_model ${model.d_model}, d_mlp ${model.d_mlp}, context ${model.n_ctx}: ${si(model.n_params)} parameters.`,
    );
  const observed = [...new Set(details.map((one) => one.observed).filter((text) => text !== ""))];
  sentences.push(...observed);
  if (observed.length === 0 && same((one) => one.summary.steps) && same((one) => one.tokensPerStep))
    sentences.push(`${grouped(summary.steps)} steps of ${grouped(tokensPerStep)} tokens.`);
  const states = new Map<string, number>();
  for (const { summary: one } of details) states.set(one.state, (states.get(one.state) ?? 0) + 1);
  const counted = [...states].map(([state, count]) => (runs.length === 1 ? state : `${count} ${state}`)).join(", ");
  sentences.push(
    runs.length === 1
      ? `State: ${counted}, step ${grouped(summary.step)} of ${grouped(summary.steps)}.`
      : `States: ${counted}.`,
  );
  return sentences;
}

function valuesOf(values: readonly unknown[]): string {
  const distinct = [...new Set(values.map(valueText))];
  if (distinct.length <= mostValues) return distinct.join(", ");
  return `${distinct.length} values, ${distinct[0]} to ${distinct.at(-1)}`;
}
