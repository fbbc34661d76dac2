/** A run's state in a word and a sign that does not rely on colour. */
import type { RunSummary } from "../api.ts";
import { h } from "./dom.ts";

const signs: Readonly<Record<RunSummary["state"], readonly [string, string]>> = {
  running: ["●", "Its process is alive."],
  finished: ["✓", "It ran to its last step."],
  failed: ["✕", "It stopped with an error."],
  interrupted: ["‖", "Someone stopped it; it can be resumed."],
  killed: ["✕", "Its process is gone and left no outcome; it can be resumed."],
  lost: ["?", "It was started on another machine, which cannot be asked."],
  damaged: ["!", "Its run.json cannot be read."],
};

export const runStates = Object.keys(signs) as RunSummary["state"][];

export function stateBadge(state: RunSummary["state"]): HTMLElement {
  const [sign, meaning] = signs[state];
  return h(
    "span",
    { class: `state ${state}`, title: meaning },
    h("span", { "aria-hidden": "true" }, sign),
    ` ${state}`,
  );
}

/** The sign alone, with the word for those who do not see it. */
export function stateSign(state: RunSummary["state"]): HTMLElement {
  const [sign, meaning] = signs[state];
  return h("span", { class: `state ${state}`, title: `${state}: ${meaning}`, role: "img", "aria-label": state }, sign);
}
